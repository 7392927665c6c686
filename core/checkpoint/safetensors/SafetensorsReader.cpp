// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/SafetensorsReader.h"

#include "core/base/LittleEndian.h"
#include "core/checkpoint/StoredCheckpoint.h"
#include "core/checkpoint/safetensors/SafetensorsHeader.h"

#include <algorithm>
#include <array>
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
/// \return how many bytes follow the last one, by the leave of the limit
Result<std::uint64_t> checkCover(const ByteSource& source,
                                 const SafetensorsHeader& header,
                                 std::uint64_t dataSize,
                                 const Limits& limits) {
    const auto& ranges = header.ranges;
    std::vector<std::uint32_t> order(ranges.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto isBefore = [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(ranges[a].begin, ranges[a].end) <
               std::pair(ranges[b].begin, ranges[b].end);
    };
    if (!std::is_sorted(order.begin(), order.end(), isBefore))
        std::sort(order.begin(), order.end(), isBefore);
    std::uint64_t reached = 0;
    for (const std::uint32_t i : order) {
        const auto [begin, end] = ranges[i];
        const std::string& name = header.tensors[i].name;
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
    if (auto fits = limits.check(source.name(),
                                 Limit::TrailingBytes,
                                 dataSize - reached,
                                 "the bytes behind the last tensor, which belong to none, are");
        !fits)
        return std::unexpected(withAdvice(
            fits.error(),
            fmt::format("The file is damaged, or something was appended to it; to open it all the "
                        "same and pass over them, raise the limit: --limit trailing_bytes={}",
                        dataSize - reached)));
    return dataSize - reached;
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
    std::string text;
    Status read;
    // Without zeros first, which cost as much as the reading. GCC 12 says that there is more room
    // than was asked for.
    const auto size = static_cast<std::size_t>(length);
    text.resize_and_overwrite(size, [&](char* begin, std::size_t) {
        read = source.readAt(8, std::as_writable_bytes(std::span(begin, size)));
        return read ? size : 0;
    });
    if (!read)
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

} // namespace

Result<std::shared_ptr<const Checkpoint>> openSafetensors(std::shared_ptr<const ByteSource> source,
                                                          const std::filesystem::path& path,
                                                          const OpenOptions& options) {
    auto text = readHeader(*source, options.limits);
    if (!text)
        return std::unexpected(text.error());
    auto header = parseSafetensorsHeader(*text, source->name(), options.limits);
    if (!header)
        return std::unexpected(
            header.error().advice.empty()
                ? withAdvice(header.error(),
                             "The file is damaged or was not written by a safetensors program")
                : header.error());
    const std::uint64_t dataBegin = 8 + text->size();
    std::string().swap(*text); // up to 100 MB of no more use, which an assignment would keep
    const auto trailing = checkCover(*source, *header, source->size() - dataBegin, options.limits);
    if (!trailing)
        return std::unexpected(trailing.error());

    StoredContents contents{
        "safetensors", path, std::move(header->tensors), {}, {}, std::move(header->metadata)};
    contents.stored.reserve(contents.tensors.size());
    for (std::size_t i = 0; i < contents.tensors.size(); ++i) {
        const SafetensorsRange range = header->ranges[i];
        contents.stored.push_back({{dataBegin + range.begin, range.end - range.begin}, 0, {}});
    }
    if (*trailing > 0)
        contents.notes.push_back(
            fmt::format("{} bytes behind the last tensor passed over", *trailing));
    noteUnknownTypes(*header, contents.notes);
    return storedCheckpoint(std::move(source), std::move(contents), options);
}

} // namespace heirloom
