// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/base/Limits.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// One record of a zip archive.
struct ZipEntry {
    std::string name;
    std::uint64_t headerOffset = 0; ///< of its local header, in the file
    std::uint64_t dataOffset = 0;   ///< of its first stored byte
    std::uint64_t storedSize = 0;   ///< bytes in the file
    std::uint64_t size = 0;         ///< bytes once unpacked
    std::uint32_t crc = 0;          ///< 0 when the writer did not compute it
    std::uint16_t method = 0;       ///< 0 stored, 8 deflated

    [[nodiscard]] bool isStored() const { return method == 0; }
};

/// The list of records of a zip file, with zip64, every central entry checked against its local
/// header: nothing before the first record, no overlaps, no double or dangerous names, nothing
/// encrypted. Source: PKWARE APPNOTE 6.3.10, 4.3 and 4.5.3.
class ZipDirectory {
public:
    ZipDirectory(ZipDirectory&&) = default;
    ZipDirectory& operator=(ZipDirectory&&) = default;

    [[nodiscard]] static Result<ZipDirectory> read(const ByteSource& source,
                                                   const Limits& limits = {});

    [[nodiscard]] const std::vector<ZipEntry>& entries() const { return m_entries; }
    [[nodiscard]] const ZipEntry* find(std::string_view name) const;

private:
    ZipDirectory() = default;

    std::vector<ZipEntry> m_entries;
    std::unordered_map<std::string_view, std::size_t> m_index; ///< of names in m_entries
};

/// A stored record's bytes, no more than `limit` allows, checked against its CRC.
[[nodiscard]] Result<std::vector<std::byte>> readZipEntry(const ByteSource& source,
                                                          const ZipEntry& entry,
                                                          const Limits& limits,
                                                          Limit limit);

} // namespace heirloom
