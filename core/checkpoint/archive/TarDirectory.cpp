// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/TarDirectory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_set>

namespace heirloom {
namespace {

constexpr std::uint64_t blockSize = 512;
constexpr std::uint64_t mostExtraBytes = 65536; // of a long name or of pax records

using Block = std::array<char, blockSize>;

template <class... Args>
std::unexpected<Error> refuse(const ByteSource& source,
                              fmt::format_string<Args...> format,
                              Args&&... args) {
    return std::unexpected(Error{source.name(),
                                 fmt::format(format, std::forward<Args>(args)...),
                                 "The file is damaged or incomplete; get it again"});
}

std::string_view field(const Block& block, std::size_t begin, std::size_t size) {
    const std::string_view whole(block.data() + begin, size);
    return whole.substr(0, whole.find('\0'));
}

/// Octal digits between spaces and NULs; GNU's base 256 where the first bit is set.
std::optional<std::uint64_t> number(const Block& block, std::size_t begin, std::size_t size) {
    const std::string_view whole(block.data() + begin, size);
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(whole[0]) & 0x80) != 0) {
        value = static_cast<unsigned char>(whole[0]) & 0x3fU;
        if ((static_cast<unsigned char>(whole[0]) & 0x40) != 0)
            return std::nullopt; // negative
        for (const char c : whole.substr(1)) {
            if (value >> 55 != 0)
                return std::nullopt;
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    const auto first = whole.find_first_not_of(' ');
    if (first == std::string_view::npos)
        return std::nullopt;
    const auto rest = whole.substr(first);
    const auto digits = rest.substr(0, rest.find_first_of(std::string_view(" \0", 2)));
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    if (digits.empty() || problem != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return value;
}

bool hasChecksum(const Block& block) {
    constexpr std::size_t begin = 148, end = 156;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += i >= begin && i < end ? static_cast<unsigned char>(' ')
                                     : static_cast<unsigned char>(block[i]);
    return number(block, begin, end - begin) == sum;
}

bool isZero(const Block& block) {
    return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

/// What a pax or GNU header says of the member after it.
struct Extra {
    std::optional<std::string> name;
    std::optional<std::uint64_t> size;
};

/// Records "LENGTH key=value\n", the length counting the whole record.
bool readPax(std::string_view text, Extra& extra) {
    while (!text.empty()) {
        std::size_t length = 0;
        const auto [end, problem] = std::from_chars(
            text.data(), text.data() + std::min<std::size_t>(text.size(), 8), length);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (problem != std::errc() || digits + 2 > length || length > text.size() ||
            text[digits] != ' ' || text[length - 1] != '\n')
            return false;
        const auto record = text.substr(digits + 1, length - digits - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos)
            return false;
        const auto key = record.substr(0, equals), value = record.substr(equals + 1);
        if (key == "path")
            extra.name = std::string(value);
        if (key == "size") {
            std::uint64_t size = 0;
            const auto [stop, failure] =
                std::from_chars(value.data(), value.data() + value.size(), size);
            if (failure != std::errc() || stop != value.data() + value.size())
                return false;
            extra.size = size;
        }
        text.remove_prefix(length);
    }
    return true;
}

/// The header at `position`, checked; its name and size as pax or GNU corrected them.
Result<TarEntry> readEntry(const ByteSource& source,
                           std::uint64_t position,
                           const Block& block,
                           const Extra& extra) {
    if (!hasChecksum(block))
        return refuse(source, "the tar header at byte {} does not match its checksum", position);
    const auto size = number(block, 124, 12);
    if (!size)
        return refuse(source, "the size in the tar header at byte {} is no number", position);
    TarEntry entry;
    entry.type = block[156] == '\0' || block[156] == '7' ? '0' : block[156];
    const bool isExtra = entry.type == 'x' || entry.type == 'g' || entry.type == 'L';
    entry.size = isExtra ? *size : extra.size.value_or(*size);
    if (entry.type == '1' || entry.type == '2' || entry.type == '5')
        entry.size = 0; // links and folders have no data, whatever they say
    entry.headerOffset = position;
    entry.dataOffset = position + blockSize;
    if (extra.name && !isExtra) {
        entry.name = *extra.name;
    } else {
        const auto prefix = field(block, 257, 6) == "ustar" ? field(block, 345, 155) : "";
        entry.name = std::string(prefix) + (prefix.empty() ? "" : "/");
        entry.name += field(block, 0, 100);
    }
    if (entry.size > source.size() - entry.dataOffset)
        return refuse(source,
                      "the tar member '{}' has {} bytes, but the file has only {} after its header",
                      entry.name,
                      entry.size,
                      source.size() - entry.dataOffset);
    return entry;
}

} // namespace

Result<TarDirectory> TarDirectory::read(const ByteSource& source, const Limits& limits) {
    TarDirectory directory;
    std::unordered_set<std::string> names;
    Extra extra;
    std::uint64_t headers = 0;
    for (std::uint64_t position = 0; source.size() - position >= blockSize;) {
        Block block;
        if (auto read = source.readAt(position, std::as_writable_bytes(std::span(block))); !read)
            return std::unexpected(read.error());
        if (isZero(block))
            return directory;
        if (++headers > limits[Limit::TarEntries])
            return std::unexpected(
                limits.exceeded(source.name(), Limit::TarEntries, "its tar members are"));
        auto entry = readEntry(source, position, block, extra);
        if (!entry)
            return std::unexpected(entry.error());
        const std::uint64_t padded = (entry->size + blockSize - 1) / blockSize * blockSize;
        position = std::min(source.size(), entry->dataOffset + padded);
        if (entry->type == 'x' || entry->type == 'L') {
            if (entry->size > mostExtraBytes)
                return refuse(source,
                              "the tar header at byte {} has {} bytes of names, more than {}",
                              entry->headerOffset,
                              entry->size,
                              mostExtraBytes);
            std::string text(static_cast<std::size_t>(entry->size), '\0');
            if (auto read =
                    source.readAt(entry->dataOffset, std::as_writable_bytes(std::span(text)));
                !read)
                return std::unexpected(read.error());
            if (entry->type == 'L')
                extra.name = text.substr(0, text.find('\0'));
            else if (!readPax(text, extra))
                return refuse(source,
                              "the pax records at byte {} of the tar archive are damaged",
                              entry->dataOffset);
            continue;
        }
        extra = {};
        if (entry->type == 'g' || entry->type == 'K')
            continue; // of the whole archive, or of a link's target: nothing that matters here
        if (!names.insert(entry->name).second)
            return refuse(source, "two tar members are named '{}'", entry->name);
        directory.m_entries.push_back(std::move(*entry));
    }
    return directory; // some writers leave the zeros at the end out
}

const TarEntry* TarDirectory::find(std::string_view name) const {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const TarEntry& entry) {
        return entry.name == name;
    });
    return found == m_entries.end() ? nullptr : &*found;
}

} // namespace heirloom
