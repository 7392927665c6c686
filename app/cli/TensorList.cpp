// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/TensorList.h"

#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/TensorHash.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace heirloom::cli {
namespace {

constexpr std::size_t blockBytes = 65536;

/// Lines are gathered into blocks, since a million calls of the C library's cost more than they.
class Output {
public:
    Output() { m_text.reserve(2 * blockBytes); }
    ~Output() { flush(); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    std::string& text() {
        if (m_text.size() >= blockBytes)
            flush();
        return m_text;
    }
    void flush() {
        std::fwrite(m_text.data(), 1, m_text.size(), stdout); // main() looks at ferror()
        m_text.clear();
    }

private:
    std::string m_text;
};

/// A name from a file may be any bytes; replacing what is not UTF-8 keeps the line valid JSON.
std::string dump(const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void appendName(std::string& text, const std::string& name) {
    const bool isPlain = std::ranges::all_of(
        name, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    if (isPlain)
        text.append(1, '"').append(name).append(1, '"');
    else
        text += dump(name);
}

/// The inside of an object's braces.
std::string fieldsOf(const nlohmann::ordered_json& object) {
    const auto text = dump(object);
    return text.substr(1, text.size() - 2);
}

Result<std::string> hashOf(const Checkpoint& checkpoint, const TensorInfo& tensor, Hashes hashes) {
    if (hashes == Hashes::None || tensor.dtype == DType::Unsupported)
        return std::string();
    return tensorSha256(checkpoint, tensor);
}

} // namespace

Status printTensorsJson(const nlohmann::ordered_json& before,
                        std::span<const ListedTensors> lists,
                        Hashes hashes,
                        const nlohmann::ordered_json& after) {
    Output out;
    out.text() += '{' + fieldsOf(before) + (before.empty() ? "" : ",") + "\"tensors\":[";
    bool isFirst = true;
    for (const ListedTensors& list : lists) {
        for (const TensorInfo& tensor : list.checkpoint.tensors()) {
            const auto hash = hashOf(list.checkpoint, tensor, hashes);
            if (!hash)
                return std::unexpected(hash.error());
            std::string& text = out.text();
            text += isFirst ? "{\"name\":" : ",{\"name\":";
            appendName(text, list.front + tensor.name);
            fmt::format_to(std::back_inserter(text),
                           R"(,"dtype":"{}","shape":[{}])",
                           dtypeName(tensor.dtype),
                           fmt::join(tensor.shape, ","));
            if (!hash->empty())
                text += ",\"sha256\":\"" + *hash + '"';
            text += '}';
            isFirst = false;
        }
    }
    out.text() += (after.empty() ? "]" : "],") + fieldsOf(after) + "}\n";
    return {};
}

Status printTensorsTable(const ListedTensors& list, Hashes hashes) {
    std::size_t nameWidth = 4, shapeWidth = 0;
    for (const TensorInfo& tensor : list.checkpoint.tensors()) {
        nameWidth = std::max(nameWidth, list.front.size() + tensor.name.size());
        if (hashes != Hashes::None)
            shapeWidth = std::max(shapeWidth, shapeText(tensor.shape).size());
    }
    Output out;
    for (const TensorInfo& tensor : list.checkpoint.tensors()) {
        const auto hash = hashOf(list.checkpoint, tensor, hashes);
        if (!hash)
            return std::unexpected(hash.error());
        auto to = std::back_inserter(out.text());
        fmt::format_to(to,
                       "{:<{}}  {:<8}  {}",
                       harmlessText(list.front + tensor.name),
                       nameWidth,
                       dtypeName(tensor.dtype),
                       shapeText(tensor.shape));
        if (hashes != Hashes::None)
            fmt::format_to(to,
                           "{:{}}  {}",
                           "",
                           shapeWidth - shapeText(tensor.shape).size(),
                           hash->empty() ? "-" : *hash);
        out.text() += '\n';
    }
    return {};
}

} // namespace heirloom::cli
