// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/SafetensorsReader.h"

#include "core/checkpoint/LittleEndian.h"
#include "core/checkpoint/SafetensorsHeader.h"
#include "core/checkpoint/StoredCheckpoint.h"

#include <algorithm>
#include <array>
#include <new>
#include <numeric>

namespace heirloom {
namespace {

template <class... Args>
std::unexpected<Error> damaged(const ByteSource& source,
                               fmt::format_string<Args...> format,
                               Args&&... args) {
    return std::unexpected(Error{source.name(),
                                 fmt::format(format, std::forward<Args>(args)...),
                                 "The file is damaged or incomplete; get it again"});
}

/// The tensors must follow each other through the data from its first byte to its last.
Status checkCover(const ByteSource& source,
                  const SafetensorsHeader& header,
                  std::uint64_t dataSize) {
    const auto& ranges = header.ranges;
    std::vector<std::uint32_t> order(ranges.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(ranges[a].begin, ranges[a].end) <
               std::pair(ranges[b].begin, ranges[b].end);
    });
    std::uint64_t reached = 0;
    for (const std::uint32_t i : order) {
        const auto [begin, end] = ranges[i];
        const std::string& name = header.tensors[i].name;
        if (begin > end)
            return damaged(
                source, "{} begins at byte {} of the data, after its end at {}", name, begin, end);
        if (end > dataSize)
            return damaged(source,
                           "the file ends before its tensors do: {} ends at byte {} of the data, "
                           "which has {}",
                           name,
                           end,
                           dataSize);
        if (begin != reached)
            return damaged(source,
                           "{} begins at byte {} of the data, but the tensor before it ends at {}: "
                           "{}",
                           name,
                           begin,
                           reached,
                           begin < reached ? "they overlap" : "there is a hole");
        reached = end;
    }
    if (reached != dataSize)
        return damaged(
            source, "{} bytes follow the last tensor and belong to none", dataSize - reached);
    return {};
}

Status checkSize(const ByteSource& source, const TensorInfo& tensor, SafetensorsRange range) {
    const auto elements = elementCount(tensor.shape);
    if (!elements)
        return damaged(source,
                       "{}: the shape {} holds more elements than a number can count",
                       tensor.name,
                       shapeText(tensor.shape));
    if (tensor.dtype == DType::Unsupported)
        return {};
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(*elements, dtypeSize(tensor.dtype), &bytes) ||
        static_cast<std::uint64_t>(bytes) != range.end - range.begin)
        return damaged(source,
                       "{}: {} of {} needs {} bytes, but its offsets span {}",
                       tensor.name,
                       shapeText(tensor.shape),
                       dtypeName(tensor.dtype),
                       bytes,
                       range.end - range.begin);
    return {};
}

/// The header's text, once its length has been found to fit the file.
Result<std::string> readHeader(const ByteSource& source, const Limits& limits) {
    std::array<std::byte, 8> lengthBytes;
    if (source.size() < lengthBytes.size())
        return damaged(source, "the file is too short for the length of its header");
    if (auto read = source.readAt(0, lengthBytes); !read)
        return std::unexpected(read.error());
    const auto length = loadNumber<std::uint64_t>(lengthBytes.data());
    if (length < 2)
        return damaged(source, "the header is said to have {} bytes; the shortest has 2", length);
    if (length > source.size() - 8)
        return damaged(
            source,
            "the header is said to have {} bytes, but the file has only {} after the length",
            length,
            source.size() - 8);
    if (auto fits =
            limits.check(source.name(), Limit::HeaderBytes, length, "the header's bytes are");
        !fits)
        return std::unexpected(fits.error());
    std::string text(static_cast<std::size_t>(length), '\0');
    if (auto read = source.readAt(8, std::as_writable_bytes(std::span(text))); !read)
        return std::unexpected(read.error());
    return text;
}

void noteUnknownTypes(const SafetensorsHeader& header, std::vector<std::string>& notes) {
    constexpr std::size_t most = 8;
    for (const auto& [type, count] : header.unknownTypes) {
        if (notes.size() == most)
            return notes.push_back("more types not supported");
        const std::string number = count == 1 ? "1 tensor" : fmt::format("{} tensors", count);
        notes.push_back(fmt::format("{} of type {} not supported", number, type));
    }
}

Result<std::shared_ptr<const Checkpoint>> open(std::shared_ptr<const ByteSource> source,
                                               const std::filesystem::path& path,
                                               const OpenOptions& options) {
    auto text = readHeader(*source, options.limits);
    if (!text)
        return std::unexpected(text.error());
    auto header = parseSafetensorsHeader(*text, source->name());
    if (!header)
        return std::unexpected(withAdvice(
            header.error(), "The file is damaged or was not written by a safetensors program"));
    const std::uint64_t dataBegin = 8 + text->size();
    *text = std::string(); // up to 100 MB that are of no more use
    if (auto checked = checkCover(*source, *header, source->size() - dataBegin); !checked)
        return std::unexpected(checked.error());

    StoredContents contents{
        "safetensors", path, std::move(header->tensors), {}, {}, std::move(header->metadata)};
    contents.stored.reserve(contents.tensors.size());
    for (std::size_t i = 0; i < contents.tensors.size(); ++i) {
        const SafetensorsRange range = header->ranges[i];
        if (auto checked = checkSize(*source, contents.tensors[i], range); !checked)
            return std::unexpected(checked.error());
        contents.stored.push_back({{dataBegin + range.begin, range.end - range.begin}, 0, {}});
    }
    noteUnknownTypes(*header, contents.notes);
    return storedCheckpoint(std::move(source), std::move(contents), options);
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openSafetensors(std::shared_ptr<const ByteSource> source,
                                                          const std::filesystem::path& path,
                                                          const OpenOptions& options) {
    const std::string where = source->name();
    try {
        return open(std::move(source), path, options);
    } catch (const std::bad_alloc&) {
        return fail(where, "there is not enough memory for its header");
    }
}

} // namespace heirloom
