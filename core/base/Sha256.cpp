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

std::span<const std::byte> Sha256::finishPending(std::span<const std::byte> bytes) {
    if (m_pendingSize == 0)
        return bytes;
    const std::size_t taken = std::min(bytes.size(), m_pending.size() - m_pendingSize);
    std::copy_n(
        bytes.begin(), taken, m_pending.begin() + static_cast<std::ptrdiff_t>(m_pendingSize));
    m_total += taken;
    m_pendingSize += taken;
    if (m_pendingSize == m_pending.size()) {
        m_compress(m_state, m_pending.data(), 1);
        m_pendingSize = 0;
    }
    return bytes.subspan(taken);
}

void Sha256::update(std::span<const std::byte> bytes) {
    bytes = finishPending(bytes);
    if (bytes.empty())
        return;
    m_total += bytes.size();
    m_compress(m_state, bytes.data(), bytes.size() / 64);
    bytes = bytes.subspan(bytes.size() / 64 * 64);
    std::copy(bytes.begin(), bytes.end(), m_pending.begin());
    m_pendingSize = bytes.size();
}

void Sha256::updateBoth(Sha256& one,
                        std::span<const std::byte>& bytesOfOne,
                        Sha256& other,
                        std::span<const std::byte>& bytesOfOther) {
    const auto takeAll = [](Sha256& hash, std::span<const std::byte>& bytes) {
        hash.update(bytes);
        bytes = {};
    };
    if (bytesOfOne.empty() || bytesOfOther.empty() ||
        one.m_compress != compressWithShaInstructions ||
        other.m_compress != compressWithShaInstructions) {
        takeAll(one, bytesOfOne);
        takeAll(other, bytesOfOther);
        return;
    }
    bytesOfOne = one.finishPending(bytesOfOne);
    bytesOfOther = other.finishPending(bytesOfOther);
    const std::size_t blocks = std::min(bytesOfOne.size(), bytesOfOther.size()) / 64;
    compressBothWithShaInstructions(
        one.m_state, bytesOfOne.data(), other.m_state, bytesOfOther.data(), blocks);
    one.m_total += blocks * 64;
    other.m_total += blocks * 64;
    bytesOfOne = bytesOfOne.subspan(blocks * 64);
    bytesOfOther = bytesOfOther.subspan(blocks * 64);
    if (bytesOfOne.size() < 64)
        takeAll(one, bytesOfOne);
    if (bytesOfOther.size() < 64)
        takeAll(other, bytesOfOther);
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
