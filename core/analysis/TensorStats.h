// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/Plane.h"

#include <array>
#include <cstdint>
#include <vector>

namespace heirloom {

/// Numbers of one tensor; NaN and infinities are counted and left out of the rest.
struct TensorStats {
    std::int64_t count = 0;
    std::int64_t zeros = 0;
    std::int64_t nan = 0;
    std::int64_t inf = 0;
    double mean = 0;
    double standardDeviation = 0; ///< of the population
    double l2 = 0;
    float minimum = 0;
    float maximum = 0;
    std::int64_t maximumMagnitudeAt = 0; ///< flat index of the largest magnitude
    float quantileLow = 0;               ///< 0.5 %, from an even sample of at most 65,536 elements
    float quantileHigh = 0;              ///< 99.5 %
};

[[nodiscard]] TensorStats tensorStats(const Plane& plane);

/// Counts in `bins` equal bins over [low, high]; values outside go to the end bins.
[[nodiscard]] std::vector<std::int64_t> histogram(const Plane& plane,
                                                  float low,
                                                  float high,
                                                  int bins);

/// L2 norm of each row, and of each column, of finite elements.
struct Marginals {
    std::vector<float> rows;
    std::vector<float> columns;
};

[[nodiscard]] Marginals marginals(const Plane& plane);

/// Squared norm of the selected rows × columns as a share of the whole, in [0, 1]; and the share of
/// elements.
struct KeptEnergy {
    double squaredNorm = 0;
    double elements = 0;
};

[[nodiscard]] KeptEnergy keptEnergy(const Plane& teacher, const PlaneOrigin& origin);

} // namespace heirloom
