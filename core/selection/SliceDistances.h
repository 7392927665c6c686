// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace heirloom {

/// For each of `count` slices the sum of its Euclidean distances to all others.
///
/// Squared distances come from inner products summed in double, tile by tile, so memory beside
/// `slices` stays small; time is count² × length / 2 multiply-adds. Slices that are equal to the
/// last bits of a double may lie up to 1e-8 of their length apart.
/// \param slices [count, length] in row-major order
[[nodiscard]] std::vector<double> distanceSums(std::span<const float> slices, std::size_t count);

} // namespace heirloom
