// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace heirloom {

/// Positions [count, width], row-major: sin and cos of p / 10000^(2i / width) side by side.
/// Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017, section 3.5.
[[nodiscard]] std::vector<float> sinusoidalRows(std::int64_t count, std::int64_t width);

/// Positions of a square grid [side², width], row-major: sin and cos of the row, then of the
/// column, at width / 4 frequencies 10000^(-i / (width / 4)) each; what is left of a width that is
/// no multiple of 4 is zero. Source: Chen, Xie, He, An Empirical Study of Training Self-Supervised
/// Vision Transformers (MoCo v3), ICCV 2021.
[[nodiscard]] std::vector<float> sinusoidalGrid(std::int64_t side, std::int64_t width);

} // namespace heirloom
