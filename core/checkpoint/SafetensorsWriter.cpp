// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"
#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/LittleEndian.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace heirloom {
namespace {

std::string jsonText(const std::string& text) { return nlohmann::json(text).dump(); }

std::string entryText(const HostTensor& tensor, std::uint64_t begin) {
    std::string shape;
    for (const std::int64_t size : tensor.shape)
        shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    return fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                       dtypeName(tensor.dtype),
                       shape,
                       begin,
                       begin + tensor.bytes.size());
}

} // namespace

Status writeSafetensors(const std::filesystem::path& path,
                        const StateDict& tensors,
                        const Metadata& metadata) {
    const auto& entries = tensors.entries();
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return dtypeSize(entries[a].second.dtype) > dtypeSize(entries[b].second.dtype);
    });
    std::vector<std::uint64_t> begins(entries.size());
    std::uint64_t end = 0;
    for (const std::size_t i : order) {
        begins[i] = end;
        end += entries[i].second.bytes.size();
    }

    std::string header = "{";
    if (!metadata.empty()) {
        header += R"("__metadata__":{)";
        for (const auto& [key, value] : metadata)
            header += fmt::format(
                "{}{}:{}", header.back() == '{' ? "" : ",", jsonText(key), jsonText(value));
        header += '}';
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].first == "__metadata__")
            return fail(
                path.string(),
                "safetensors keeps the name '__metadata__' for itself; no tensor can have it");
        header += fmt::format("{}{}:{}",
                              header.size() == 1 ? "" : ",",
                              jsonText(entries[i].first),
                              entryText(entries[i].second, begins[i]));
    }
    header += '}';
    header.resize((header.size() + 7) / 8 * 8, ' ');

    auto file = AtomicFile::create(path);
    if (!file)
        return std::unexpected(file.error());
    std::vector<std::byte> length;
    appendNumber(length, static_cast<std::uint64_t>(header.size()));
    if (auto done = file->write(length); !done)
        return done;
    if (auto done = file->write(std::as_bytes(std::span(header))); !done)
        return done;
    for (const std::size_t i : order)
        if (auto done = file->write(entries[i].second.bytes); !done)
            return done;
    return file->commit();
}

} // namespace heirloom
