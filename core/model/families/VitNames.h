// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// A published width: "tiny" is 192 wide, 12 blocks deep, with 3 heads.
struct VitSize {
    std::string_view word;
    std::int64_t dim, depth, heads;
};
inline constexpr std::array<VitSize, 5> vitSizes = {{{"tiny", 192, 12, 3},
                                                     {"small", 384, 12, 6},
                                                     {"base", 768, 12, 12},
                                                     {"large", 1024, 24, 16},
                                                     {"huge", 1280, 32, 16}}};

/// DINOv2's largest, with SwiGLU and an MLP of 4096.
inline constexpr VitSize vitGiant = {"giant", 1536, 40, 24};

/// Family::named and Family::names of the vision transformers. Any size, patch of 8, 14, 16 or 32
/// and image of 224 or 384 is understood, also where nobody published it.
[[nodiscard]] std::optional<HyperParameters> vitNamed(std::string_view name);
[[nodiscard]] std::vector<std::string> vitNames();

} // namespace heirloom
