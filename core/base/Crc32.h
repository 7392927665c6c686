// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heirloom {

/// CRC-32 as zip files carry it (reflected polynomial 0xedb88320); `before` is the CRC of what came
/// earlier.
[[nodiscard]] std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);
/// The same without the processor's carry-less products, for machines that have none.
[[nodiscard]] std::uint32_t crc32Portably(std::span<const std::byte> bytes,
                                          std::uint32_t before = 0);

} // namespace heirloom
