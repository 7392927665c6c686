// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/Strategy.h"

namespace heirloom {

// One line a strategy, each defined in the file of its name; Strategy.cpp lists them.
extern const Strategy uniformStrategy;
extern const Strategy consecutiveStrategy;
extern const Strategy randomSetStrategy;
extern const Strategy magnitudeStrategy;
extern const Strategy explicitListStrategy;

/// The `student` indices with the highest scores, ascending; of equal scores the lower index is
/// kept.
[[nodiscard]] std::vector<std::int64_t> highestScores(std::span<const double> scores,
                                                      std::int64_t student);

} // namespace heirloom
