// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/ZipDirectory.h"

#include "core/base/Crc32.h"
#include "core/base/LittleEndian.h"

#include <algorithm>
#include <array>
#include <optional>

namespace heirloom {
namespace {

constexpr std::uint32_t localMagic = 0x04034b50;
constexpr std::uint32_t centralMagic = 0x02014b50;
constexpr std::uint32_t endMagic = 0x06054b50;
constexpr std::uint32_t end64Magic = 0x06064b50;
constexpr std::uint32_t locator64Magic = 0x07064b50;
constexpr std::uint16_t encryptedFlags =
    0x2041; // bits 0, 6 and 13: encrypted, strongly encrypted, masked headers
constexpr std::uint16_t sizesFollowFlag = 0x0008;
constexpr std::uint32_t inZip64 = 0xffffffffU;

Error damaged(const ByteSource& source, std::string text) {
    return Error{source.name(), std::move(text), "The file is damaged or incomplete; get it again"};
}

template <class... Args>
std::unexpected<Error> refuse(const ByteSource& source,
                              fmt::format_string<Args...> format,
                              Args&&... args) {
    return std::unexpected(damaged(source, fmt::format(format, std::forward<Args>(args)...)));
}

/// Where the list of records lies.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint64_t count = 0;
};

/// Zip64's own end record, where the file has one before the ordinary end at `end`.
Result<std::optional<Extent>> readEnd64(const ByteSource& source, std::uint64_t end) {
    std::array<std::byte, 20> locator;
    if (end < locator.size())
        return std::nullopt;
    if (auto read = source.readAt(end - locator.size(), locator); !read)
        return std::unexpected(read.error());
    if (loadNumber<std::uint32_t>(locator.data()) != locator64Magic)
        return std::nullopt;
    const auto at = loadNumber<std::uint64_t>(locator.data() + 8);
    std::array<std::byte, 56> record;
    if (at > end - locator.size() || end - locator.size() - at < record.size())
        return refuse(
            source, "the zip64 end record is said to lie at byte {}, which is no place for it", at);
    if (auto read = source.readAt(at, record); !read)
        return std::unexpected(read.error());
    if (loadNumber<std::uint32_t>(record.data()) != end64Magic)
        return refuse(source, "there is no zip64 end record at byte {}", at);
    const Extent extent{loadNumber<std::uint64_t>(record.data() + 48),
                        loadNumber<std::uint64_t>(record.data() + 40),
                        loadNumber<std::uint64_t>(record.data() + 32)};
    if (extent.begin > at || extent.size != at - extent.begin)
        return refuse(source,
                      "the zip directory does not end where the zip64 end record begins (byte {}): "
                      "bytes were put before or inside the archive",
                      at);
    return extent;
}

Result<Extent> findDirectory(const ByteSource& source) {
    constexpr std::uint64_t endSize = 22;
    const std::uint64_t tailSize = std::min<std::uint64_t>(source.size(), endSize + 65535);
    std::vector<std::byte> tail(static_cast<std::size_t>(tailSize));
    const std::uint64_t tailBegin = source.size() - tailSize;
    if (auto read = source.readAt(tailBegin, tail); !read)
        return std::unexpected(read.error());

    std::optional<std::uint64_t> found;
    for (std::uint64_t i = 0; i + endSize <= tailSize; ++i) {
        if (loadNumber<std::uint32_t>(tail.data() + i) != endMagic)
            continue;
        const std::uint64_t comment = loadNumber<std::uint16_t>(tail.data() + i + 20);
        if (i + endSize + comment != tailSize)
            continue;
        if (found)
            return refuse(source,
                          "there are two zip end records, at bytes {} and {}",
                          tailBegin + *found,
                          tailBegin + i);
        found = i;
    }
    if (!found)
        return refuse(source, "the file ends early: there is no zip directory at its end");

    const std::byte* end = tail.data() + *found;
    const std::uint64_t endOffset = tailBegin + *found;
    if (loadNumber<std::uint16_t>(end + 4) != 0 || loadNumber<std::uint16_t>(end + 6) != 0)
        return refuse(source, "the zip archive is split over several files");
    auto end64 = readEnd64(source, endOffset);
    if (!end64)
        return std::unexpected(end64.error());
    if (*end64)
        return **end64;
    const Extent extent{loadNumber<std::uint32_t>(end + 16),
                        loadNumber<std::uint32_t>(end + 12),
                        loadNumber<std::uint16_t>(end + 10)};
    if (extent.begin == inZip64 || extent.size == inZip64 || extent.count == 0xffff)
        return refuse(source, "the zip end record points to a zip64 record that is not there");
    if (extent.begin > endOffset || extent.size != endOffset - extent.begin)
        return refuse(source,
                      "the zip directory does not end where its end record begins (byte {}): bytes "
                      "were put before or inside the archive",
                      endOffset);
    return extent;
}

/// Takes the 64-bit values for those fields that say 0xffffffff, in the order that the format
/// gives.
bool applyZip64(std::span<const std::byte> extra, std::span<std::uint64_t*> fields) {
    const bool isWanted = std::any_of(
        fields.begin(), fields.end(), [](const std::uint64_t* field) { return *field == inZip64; });
    if (!isWanted)
        return true;
    while (extra.size() >= 4) {
        const auto id = loadNumber<std::uint16_t>(extra.data());
        const std::size_t size = loadNumber<std::uint16_t>(extra.data() + 2);
        if (size > extra.size() - 4)
            return false;
        if (id == 1) {
            auto values = extra.subspan(4, size);
            for (std::uint64_t* field : fields) {
                if (*field != inZip64)
                    continue;
                if (values.size() < 8)
                    return false;
                *field = loadNumber<std::uint64_t>(values.data());
                values = values.subspan(8);
            }
            return true;
        }
        extra = extra.subspan(4 + size);
    }
    return false;
}

/// Names are never used as paths, but one that tries to be a trap marks the whole file.
bool isHarmless(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
        name.find('\0') != std::string_view::npos)
        return false;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (name.substr(begin, end - begin) == "..")
            return false;
        begin = end + 1;
    }
    return true;
}

/// A part of the file that is kept for the next record: small ones lie close together, so that one
/// reading serves many; beside large ones no more is read than a header takes.
class Window {
public:
    explicit Window(const ByteSource& source) : m_source(source) {}

    /// Bytes [offset, offset + count), valid until the next call. \pre they lie in the file
    Result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t count) {
        if (offset < m_begin || offset - m_begin > m_bytes.size() ||
            count > m_bytes.size() - (offset - m_begin)) {
            constexpr std::uint64_t near = 65536, far = 512;
            const bool isNear = offset >= m_begin && offset - m_begin < m_bytes.size() + near;
            const auto wanted = std::max<std::uint64_t>(count, isNear ? near : far);
            m_bytes.resize(static_cast<std::size_t>(std::min(wanted, m_source.size() - offset)));
            m_begin = offset;
            if (auto read = m_source.readAt(offset, m_bytes); !read)
                return std::unexpected(read.error());
        }
        return std::span<const std::byte>(m_bytes).subspan(
            static_cast<std::size_t>(offset - m_begin), count);
    }

private:
    const ByteSource& m_source;
    std::uint64_t m_begin = 0;
    std::vector<std::byte> m_bytes;
};

/// Reads the local header of `entry` and sets dataOffset.
Status checkLocalHeader(const ByteSource& source,
                        Window& window,
                        ZipEntry& entry,
                        std::uint16_t flags,
                        std::uint64_t directoryBegin) {
    constexpr std::size_t fixedSize = 30;
    if (entry.headerOffset > directoryBegin || directoryBegin - entry.headerOffset < fixedSize)
        return refuse(source,
                      "the record '{}' is said to lie at byte {}, which is no place for it",
                      entry.name,
                      entry.headerOffset);
    auto header = window.read(entry.headerOffset, fixedSize);
    if (!header)
        return std::unexpected(header.error());
    if (loadNumber<std::uint32_t>(header->data()) != localMagic)
        return refuse(source,
                      "there is no record at byte {}, where '{}' should be",
                      entry.headerOffset,
                      entry.name);
    const std::size_t nameSize = loadNumber<std::uint16_t>(header->data() + 26);
    const std::size_t extraSize = loadNumber<std::uint16_t>(header->data() + 28);
    entry.dataOffset = entry.headerOffset + fixedSize + nameSize + extraSize;
    if (entry.dataOffset > directoryBegin || entry.storedSize > directoryBegin - entry.dataOffset)
        return refuse(
            source, "the record '{}' reaches beyond the records' part of the file", entry.name);

    header = window.read(entry.headerOffset, fixedSize + nameSize + extraSize);
    if (!header)
        return std::unexpected(header.error());
    const auto rest = header->subspan(fixedSize);
    const std::string_view name(reinterpret_cast<const char*>(rest.data()), nameSize);
    if (name != entry.name)
        return refuse(source,
                      "the record at byte {} calls itself '{}', the directory calls it '{}'",
                      entry.headerOffset,
                      name,
                      entry.name);

    std::uint64_t storedSize = loadNumber<std::uint32_t>(header->data() + 18);
    std::uint64_t size = loadNumber<std::uint32_t>(header->data() + 22);
    const auto localFlags = loadNumber<std::uint16_t>(header->data() + 6);
    const auto crc = loadNumber<std::uint32_t>(header->data() + 14);
    std::array<std::uint64_t*, 2> sizes = {&size, &storedSize};
    const bool isLater = (localFlags & sizesFollowFlag) != 0; // then sizes and CRC may be zero here
    if (!applyZip64(rest.subspan(nameSize), sizes) && !isLater)
        return refuse(source, "the record '{}' lacks its zip64 sizes", entry.name);
    const auto agrees = [&](std::uint64_t local, std::uint64_t central) {
        return local == central || (isLater && (local == 0 || local == inZip64));
    };
    if (loadNumber<std::uint16_t>(header->data() + 8) != entry.method || localFlags != flags ||
        !agrees(storedSize, entry.storedSize) || !agrees(size, entry.size) ||
        !agrees(crc, entry.crc))
        return refuse(source,
                      "the record '{}' and its entry in the directory say different things about "
                      "its size, method or checksum",
                      entry.name);
    return {};
}

Status checkOverlap(const ByteSource& source, const std::vector<ZipEntry>& entries) {
    std::vector<const ZipEntry*> order;
    order.reserve(entries.size());
    for (const ZipEntry& entry : entries)
        order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) {
        return a->headerOffset < b->headerOffset;
    });
    if (!order.empty() && order.front()->headerOffset != 0)
        return refuse(source, "{} bytes lie before the first record", order.front()->headerOffset);
    for (std::size_t i = 1; i < order.size(); ++i)
        if (order[i - 1]->dataOffset + order[i - 1]->storedSize > order[i]->headerOffset)
            return refuse(
                source, "the records '{}' and '{}' overlap", order[i - 1]->name, order[i]->name);
    return {};
}

} // namespace

Result<ZipDirectory> ZipDirectory::read(const ByteSource& source, const Limits& limits) {
    const auto extent = findDirectory(source);
    if (!extent)
        return std::unexpected(extent.error());
    if (auto fits = limits.check(
            source.name(), Limit::ZipEntries, extent->count, "the records of the zip archive are");
        !fits)
        return std::unexpected(fits.error());
    constexpr std::size_t fixedSize = 46;
    if (extent->count > extent->size / fixedSize)
        return refuse(source,
                      "the zip directory of {} bytes cannot hold {} entries",
                      extent->size,
                      extent->count);
    std::vector<std::byte> bytes(static_cast<std::size_t>(extent->size));
    if (auto read = source.readAt(extent->begin, bytes); !read)
        return std::unexpected(read.error());

    ZipDirectory directory;
    directory.m_entries.reserve(static_cast<std::size_t>(extent->count));
    directory.m_index.reserve(static_cast<std::size_t>(extent->count));
    Window window(source);
    std::span<const std::byte> rest(bytes);
    while (!rest.empty()) {
        if (rest.size() < fixedSize || loadNumber<std::uint32_t>(rest.data()) != centralMagic)
            return refuse(
                source, "entry {} of the zip directory is damaged", directory.m_entries.size());
        const std::byte* fixed = rest.data();
        const std::size_t nameSize = loadNumber<std::uint16_t>(fixed + 28);
        const std::size_t extraSize = loadNumber<std::uint16_t>(fixed + 30);
        const std::size_t commentSize = loadNumber<std::uint16_t>(fixed + 32);
        if (nameSize + extraSize + commentSize > rest.size() - fixedSize)
            return refuse(
                source, "entry {} of the zip directory is cut off", directory.m_entries.size());
        ZipEntry entry;
        entry.name.assign(reinterpret_cast<const char*>(fixed + fixedSize), nameSize);
        entry.method = loadNumber<std::uint16_t>(fixed + 10);
        entry.crc = loadNumber<std::uint32_t>(fixed + 16);
        entry.storedSize = loadNumber<std::uint32_t>(fixed + 20);
        entry.size = loadNumber<std::uint32_t>(fixed + 24);
        entry.headerOffset = loadNumber<std::uint32_t>(fixed + 42);
        const auto flags = loadNumber<std::uint16_t>(fixed + 8);
        if (!isHarmless(entry.name))
            return refuse(
                source, "the zip archive holds a record with the dangerous name '{}'", entry.name);
        if ((flags & encryptedFlags) != 0)
            return std::unexpected(Error{source.name(),
                                         fmt::format("the record '{}' is encrypted", entry.name),
                                         "Decrypt the archive first"});
        std::array<std::uint64_t*, 3> fields = {
            &entry.size, &entry.storedSize, &entry.headerOffset};
        if (!applyZip64(rest.subspan(fixedSize + nameSize, extraSize), fields))
            return refuse(
                source, "the record '{}' lacks its zip64 sizes in the directory", entry.name);
        if (entry.isStored() && entry.size != entry.storedSize)
            return refuse(source,
                          "the stored record '{}' has {} bytes but is said to unpack to {}",
                          entry.name,
                          entry.storedSize,
                          entry.size);
        if (auto checked = checkLocalHeader(source, window, entry, flags, extent->begin); !checked)
            return std::unexpected(checked.error());
        if (directory.m_entries.size() == extent->count) // there was room for no more
            return refuse(
                source, "the zip directory announces {} records and lists more", extent->count);
        directory.m_entries.push_back(std::move(entry));
        const std::string_view name = directory.m_entries.back().name;
        if (!directory.m_index.emplace(name, directory.m_entries.size() - 1).second)
            return refuse(source, "two records are named '{}'", name);
        rest = rest.subspan(fixedSize + nameSize + extraSize + commentSize);
    }
    if (directory.m_entries.size() != extent->count)
        return refuse(source,
                      "the zip directory announces {} records and lists {}",
                      extent->count,
                      directory.m_entries.size());
    if (auto checked = checkOverlap(source, directory.m_entries); !checked)
        return std::unexpected(checked.error());
    return directory;
}

const ZipEntry* ZipDirectory::find(std::string_view name) const {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

Result<std::vector<std::byte>> readZipEntry(const ByteSource& source,
                                            const ZipEntry& entry,
                                            const Limits& limits,
                                            Limit limit) {
    if (!entry.isStored())
        return std::unexpected(
            Error{source.name(),
                  fmt::format("the record '{}' is compressed", entry.name),
                  "Save it again with torch.save, which stores its records as they are"});
    if (auto fits = limits.check(source.name(),
                                 limit,
                                 entry.size,
                                 fmt::format("the bytes of the record '{}' are", entry.name));
        !fits)
        return std::unexpected(fits.error());
    std::vector<std::byte> bytes(static_cast<std::size_t>(entry.size));
    if (auto read = source.readAt(entry.dataOffset, bytes); !read)
        return std::unexpected(read.error());
    if (entry.crc != 0 && crc32(bytes) != entry.crc)
        return refuse(source, "the record '{}' does not match its checksum (CRC-32)", entry.name);
    return bytes;
}

} // namespace heirloom
