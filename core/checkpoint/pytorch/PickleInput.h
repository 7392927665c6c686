// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace heirloom {

/// The bytes of one or several pickles in a row, read forward in small blocks.
class PickleInput {
public:
    /// Bytes [begin, end) of `source`. \pre begin <= end <= source.size()
    PickleInput(const ByteSource& source, std::uint64_t begin, std::uint64_t end)
        : m_source(source), m_position(begin), m_end(end) {}

    [[nodiscard]] std::string where() const { return m_source.name(); }
    /// Offset in the source of the next byte.
    [[nodiscard]] std::uint64_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_end - m_position; }

    /// Fills `out`; false when fewer bytes are left or reading fails. A refused read moves nothing.
    [[nodiscard]] bool read(std::span<std::byte> out);
    /// Appends `count` bytes to `out`; nothing is allocated when fewer are left.
    [[nodiscard]] bool append(std::string& out, std::uint64_t count);

    /// Steps over `count` bytes; false, and nothing moves, when fewer are left.
    [[nodiscard]] bool skip(std::uint64_t count);
    /// False when fewer bytes are left; else the next byte, which is read past.
    [[nodiscard]] bool readByte(std::uint8_t& out) {
        if (m_position - m_blockBegin < m_blockSize) {
            out = static_cast<std::uint8_t>(m_block[m_position++ - m_blockBegin]);
            return true;
        }
        return read(std::as_writable_bytes(std::span(&out, 1)));
    }

private:
    const ByteSource& m_source;
    std::uint64_t m_position;
    std::uint64_t m_end;
    std::array<std::byte, 16384> m_block;
    std::uint64_t m_blockBegin = 0;
    std::size_t m_blockSize = 0;
};

} // namespace heirloom
