// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/FormatWriters.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <numeric>

namespace heirloom {
namespace {

std::string jsonText(const std::string& text) { return nlohmann::json(text).dump(); }

std::string entryText(const TensorInfo& tensor, std::uint64_t begin) {
    std::string shape;
    for (const std::int64_t size : tensor.shape)
        shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    return fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                       dtypeName(tensor.dtype),
                       shape,
                       begin,
                       begin + static_cast<std::uint64_t>(tensor.bytes()));
}

/// Length and JSON, padded so that the data begins on a multiple of 8 bytes.
std::string headerBytes(std::span<const TensorInfo> tensors,
                        std::span<const std::uint64_t> begins,
                        const Metadata& metadata) {
    std::string header = "{";
    if (!metadata.empty()) {
        header += R"("__metadata__":{)";
        for (const auto& [key, value] : metadata)
            header += fmt::format(
                "{}{}:{}", header.back() == '{' ? "" : ",", jsonText(key), jsonText(value));
        header += '}';
    }
    for (std::size_t i = 0; i < tensors.size(); ++i)
        header += fmt::format("{}{}:{}",
                              header.size() == 1 ? "" : ",",
                              jsonText(tensors[i].name),
                              entryText(tensors[i], begins[i]));
    header += '}';
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = header.size();
    header.insert(0, sizeof length, '\0');
    std::memcpy(header.data(), &length, sizeof length);
    return header;
}

} // namespace

Result<std::vector<TensorDigest>> writeSafetensors(AtomicFile& file,
                                                   const FileContents& contents,
                                                   const WriteTensors& write) {
    const auto& tensors = contents.tensors;
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, std::ranges::greater(), [&](std::size_t i) { return dtypeSize(tensors[i].dtype); });
    std::vector<std::uint64_t> begins(tensors.size());
    std::uint64_t end = 0;
    for (const std::size_t i : order) {
        if (tensors[i].name == "__metadata__")
            return fail(
                file.target().string(),
                "safetensors keeps the name '__metadata__' for itself; no tensor can have it");
        begins[i] = end;
        end += static_cast<std::uint64_t>(tensors[i].bytes());
    }

    const auto unfinished = headerBytes(tensors, begins, contents.metadataWith({}));
    if (auto done = file.resize(unfinished.size() + end); !done)
        return std::unexpected(done.error());
    std::vector<std::uint64_t> places = begins;
    for (std::uint64_t& place : places)
        place += unfinished.size();
    auto digests = write(places);
    if (!digests)
        return digests;
    const auto header = headerBytes(tensors, begins, contents.metadataWith(*digests));
    assert(header.size() == unfinished.size());
    if (auto done = file.writeAt(0, std::as_bytes(std::span(header))); !done)
        return std::unexpected(done.error());
    return digests;
}

} // namespace heirloom
