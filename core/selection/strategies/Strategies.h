// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/Strategy.h"

namespace heirloom {

// One line a strategy, each defined in a file of its own; the list's order is that of strategies().
#define HEIRLOOM_STRATEGIES(X)                                                                     \
    X(uniformStrategy)                                                                             \
    X(consecutiveStrategy)                                                                         \
    X(randomSetStrategy)                                                                           \
    X(magnitudeStrategy)                                                                           \
    X(smallestMagnitudeStrategy)                                                                   \
    X(magnitudeDepGraphStrategy)                                                                   \
    X(geometricMedianStrategy)                                                                     \
    X(gainStrategy)                                                                                \
    X(explicitListStrategy)

#define HEIRLOOM_DECLARE(strategy) extern const Strategy strategy;
HEIRLOOM_STRATEGIES(HEIRLOOM_DECLARE)
#undef HEIRLOOM_DECLARE

/// The `student` indices with the highest scores, ascending; of equal scores the lower index is
/// kept.
[[nodiscard]] std::vector<std::int64_t> highestScores(std::span<const double> scores,
                                                      std::int64_t student);

/// `select` of every strategy that keeps the highest scores.
[[nodiscard]] Result<std::vector<std::int64_t>> selectHighest(std::int64_t teacher,
                                                              std::int64_t student,
                                                              const ElementSelection& options,
                                                              std::uint64_t seed,
                                                              std::span<const double> scores);

} // namespace heirloom
