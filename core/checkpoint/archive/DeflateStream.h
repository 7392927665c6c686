// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace heirloom {

/// Where a deflated stream lies and what it must become.
struct DeflatedBytes {
    std::uint64_t begin = 0;      ///< in the file
    std::uint64_t storedSize = 0; ///< bytes in the file
    std::uint64_t size = 0;       ///< bytes once unpacked
    std::uint32_t crc = 0;        ///< CRC-32 of those; 0 when the writer did not compute it
};

/// Unpacks a raw deflate stream (RFC 1951) from its beginning to its end, with zlib, in constant
/// memory. A copy goes on from the same place. Not for several threads at once.
class DeflateStream {
public:
    DeflateStream(std::shared_ptr<const ByteSource> file, const DeflatedBytes& bytes);
    DeflateStream(const DeflateStream& other);
    DeflateStream& operator=(const DeflateStream&) = delete;
    ~DeflateStream();

    /// Unpacked bytes delivered so far.
    [[nodiscard]] std::uint64_t position() const { return m_position; }
    /// The next bytes; at the end checks that the stream ends there and has its checksum.
    /// \pre no more than are left
    [[nodiscard]] Status read(std::span<std::byte> out);

private:
    struct Zlib;
    Status finish();
    Status refill();

    std::shared_ptr<const ByteSource> m_file;
    DeflatedBytes m_bytes;
    std::unique_ptr<Zlib> m_zlib;
    std::uint64_t m_taken = 0; ///< stored bytes that zlib has been given
    std::uint64_t m_position = 0;
    std::uint32_t m_crc = 0;
    bool m_isOver = false; ///< the stream has said so
};

} // namespace heirloom
