// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/base/Limits.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// One member of a tar archive.
struct TarEntry {
    std::string name;
    std::uint64_t headerOffset = 0; ///< bytes, in the file
    std::uint64_t dataOffset = 0;   ///< bytes, in the file
    std::uint64_t size = 0;         ///< bytes
    char type = '0';                ///< '0' an ordinary file, '5' a folder, '1' and '2' links, ...

    [[nodiscard]] bool isFile() const { return type == '0'; }
};

/// The list of members of a tar file: ustar, with the long names and sizes of pax (POSIX.1-2001)
/// and GNU. Every header's checksum is checked, every member lies inside the file, no two have one
/// name. Nothing is unpacked.
class TarDirectory {
public:
    [[nodiscard]] static Result<TarDirectory> read(const ByteSource& source, const Limits& limits);

    [[nodiscard]] const std::vector<TarEntry>& entries() const { return m_entries; }
    [[nodiscard]] const TarEntry* find(std::string_view name) const;

private:
    std::vector<TarEntry> m_entries;
};

} // namespace heirloom
