// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace heirloom {

/// Which instructions compute the hash; the digest is the same.
enum class Sha256Path {
    Fastest, ///< the processor's own for SHA-256 where it has them: some six times as fast
    Portable ///< plain arithmetic, which every processor has
};

/// SHA-256 (FIPS 180-4), fed in pieces.
class Sha256 {
public:
    explicit Sha256(Sha256Path path = Sha256Path::Fastest);
    void update(std::span<const std::byte> bytes);
    /// Two hashes at once, which takes little more time than one where the processor has the
    /// instructions: as much as the shorter span has, all of the other where that is empty. What
    /// was taken is cut off the spans.
    static void updateBoth(Sha256& one,
                           std::span<const std::byte>& bytesOfOne,
                           Sha256& other,
                           std::span<const std::byte>& bytesOfOther);
    /// Lower-case hex of the digest; the object is spent afterwards.
    [[nodiscard]] std::string hex();

private:
    using State = std::array<std::uint32_t, 8>;
    using Compress = void (*)(State& state, const std::byte* blocks, std::size_t count);

    /// Completes a block that is begun. \return what is left of `bytes`
    [[nodiscard]] std::span<const std::byte> finishPending(std::span<const std::byte> bytes);

    State m_state;
    Compress m_compress;
    std::array<std::byte, 64> m_pending;
    std::size_t m_pendingSize = 0;
    std::uint64_t m_total = 0;
};

[[nodiscard]] std::string sha256Hex(std::span<const std::byte> bytes);

} // namespace heirloom
