// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

Result<std::vector<std::int64_t>> select(std::int64_t teacher,
                                         std::int64_t student,
                                         const ElementSelection&,
                                         std::uint64_t,
                                         std::span<const double> scores) {
    if (static_cast<std::int64_t>(scores.size()) != teacher)
        return fail("magnitude",
                    "expected one score for each of {} teacher indices, found {}",
                    teacher,
                    scores.size());
    return highestScores(scores, student);
}

} // namespace

const Strategy magnitudeStrategy{
    .name = "magnitude",
    .title = "Magnitude",
    .meaning = "The slices of largest norm, summed over every tensor on the space",
    .source =
        "after Fang et al., DepGraph, CVPR 2023: each tensor's norms divided by their mean first",
    .need = StrategyNeed::Scores,
    .select = select,
    .options = "norm",
};

} // namespace heirloom
