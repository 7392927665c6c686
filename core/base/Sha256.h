// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace heirloom {

/// SHA-256 (FIPS 180-4), fed in pieces.
class Sha256 {
public:
    Sha256();
    void update(std::span<const std::byte> bytes);
    /// Lower-case hex of the digest; the object is spent afterwards.
    [[nodiscard]] std::string hex();

private:
    void block(const std::byte* bytes);

    std::array<std::uint32_t, 8> m_state;
    std::array<std::byte, 64> m_pending;
    std::size_t m_pendingSize = 0;
    std::uint64_t m_total = 0;
};

[[nodiscard]] std::string sha256Hex(std::span<const std::byte> bytes);

} // namespace heirloom
