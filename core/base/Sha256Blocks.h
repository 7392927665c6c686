// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace heirloom {

/// Folds `count` blocks of 64 bytes each into the state (FIPS 180-4, section 6.2.2).
void compressPortably(std::array<std::uint32_t, 8>& state,
                      const std::byte* blocks,
                      std::size_t count);

/// Whether this processor has instructions for SHA-256.
[[nodiscard]] bool hasShaInstructions();

/// The same with those instructions. \pre hasShaInstructions()
void compressWithShaInstructions(std::array<std::uint32_t, 8>& state,
                                 const std::byte* blocks,
                                 std::size_t count);

/// The same of two messages, in little more time than one takes. \pre hasShaInstructions()
void compressBothWithShaInstructions(std::array<std::uint32_t, 8>& one,
                                     const std::byte* blocksOfOne,
                                     std::array<std::uint32_t, 8>& other,
                                     const std::byte* blocksOfOther,
                                     std::size_t count);

} // namespace heirloom
