// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/AtomicFile.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heirloom {

/// Where everything lies in a zip file of stored records, known from names and sizes alone: data
/// may be written at its place in any order, checksums are filled in before write().
///
/// Each record's data begins on a multiple of 64 bytes, as PyTorch lays them out, so that they can
/// be mapped. The same bytes for the same records: no time stamps. Zip64 for records or places
/// beyond 4 GiB.
class ZipLayout {
public:
    /// A record whose data is here.
    std::size_t add(const std::string& name, std::vector<std::byte> data);
    /// A record whose data is written by the caller at dataOffset(), or comes by setData().
    std::size_t addLater(const std::string& name, std::uint64_t size);

    [[nodiscard]] std::uint64_t dataOffset(std::size_t record) const;
    /// Of the whole file, directory and all.
    [[nodiscard]] std::uint64_t size() const;
    void setCrc(std::size_t record, std::uint32_t crc);
    /// \pre as many bytes as addLater() was told
    void setData(std::size_t record, std::vector<std::byte> data);

    /// Headers, the data that is here, and the directory. \pre the file has size() bytes
    [[nodiscard]] Status write(AtomicFile& file) const;

private:
    struct Record {
        std::string name;
        std::uint64_t offset; ///< of the header
        std::uint64_t size;
        std::uint32_t crc = 0;
        std::optional<std::vector<std::byte>> data;
    };

    [[nodiscard]] static std::vector<std::byte> header(const Record& record);
    [[nodiscard]] std::vector<std::byte> directory() const;

    std::vector<Record> m_records;
    std::uint64_t m_end = 0; ///< of the last record's data
};

} // namespace heirloom
