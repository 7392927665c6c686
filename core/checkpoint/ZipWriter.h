// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/AtomicFile.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heirloom {

/// A zip file of stored records, each record's data on a multiple of 64 bytes as PyTorch lays them
/// out, so that they can be mapped. The same bytes for the same records: no time stamps. Zip64 for
/// records or places beyond 4 GiB.
class ZipWriter {
public:
    explicit ZipWriter(AtomicFile& file) : m_file(file) {}

    [[nodiscard]] Status add(const std::string& name, std::span<const std::byte> data);
    /// Writes the directory; nothing may be added afterwards.
    [[nodiscard]] Status finish();

private:
    struct Record {
        std::string name;
        std::uint64_t offset;
        std::uint64_t size;
        std::uint32_t crc;
    };

    AtomicFile& m_file;
    std::vector<Record> m_records;
};

} // namespace heirloom
