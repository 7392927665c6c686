// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Sha256.h"

#include "core/base/Sha256Blocks.h"

#include <algorithm>
#include <string_view>

namespace heirloom {

Sha256::Sha256(Sha256Path path)
    : m_state{0x6a09e667,
              0xbb67ae85,
              0x3c6ef372,
              0xa54ff53a,
              0x510e527f,
              0x9b05688c,
              0x1f83d9ab,
              0x5be0cd19},
      m_compress(path == Sha256Path::Fastest && hasShaInstructions() ? compressWithShaInstructions
                                                                     : compressPortably),
      m_pending{} {}

void Sha256::update(std::span<const std::byte> bytes) {
    m_total += bytes.size();
    if (m_pendingSize > 0) {
        const std::size_t taken = std::min(bytes.size(), m_pending.size() - m_pendingSize);
        std::copy_n(
            bytes.begin(), taken, m_pending.begin() + static_cast<std::ptrdiff_t>(m_pendingSize));
        m_pendingSize += taken;
        bytes = bytes.subspan(taken);
        if (m_pendingSize < m_pending.size())
            return;
        m_compress(m_state, m_pending.data(), 1);
        m_pendingSize = 0;
    }
    m_compress(m_state, bytes.data(), bytes.size() / 64);
    bytes = bytes.subspan(bytes.size() / 64 * 64);
    std::copy(bytes.begin(), bytes.end(), m_pending.begin());
    m_pendingSize = bytes.size();
}

std::string Sha256::hex() {
    const std::uint64_t bits = m_total * 8;
    const std::byte one{0x80};
    const std::byte zero{0};
    update({&one, 1});
    while (m_pendingSize != 56)
        update({&zero, 1});
    std::array<std::byte, 8> length;
    for (std::size_t i = 0; i < 8; ++i)
        length[i] = static_cast<std::byte>(bits >> (56 - 8 * i));
    update(length);

    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint32_t word : m_state)
        for (int shift = 28; shift >= 0; shift -= 4)
            text += digits[(word >> shift) & 15];
    return text;
}

std::string sha256Hex(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

} // namespace heirloom
