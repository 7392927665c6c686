// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {
    {"norm", "2", "1|2", "p of each slice's norm: sum |w|, or sqrt(sum w²)"}};

Result<std::vector<double>> score(WeightScores& weights, const ScoreRequest& request) {
    return weights.magnitudes(request.space, request.isFlat, request.selection.norm);
}

} // namespace

const Strategy magnitudeStrategy{
    .name = "magnitude",
    .title = "Magnitude",
    .meaning = "The slices of largest norm, summed over every tensor on the space",
    .source =
        "after Fang et al., DepGraph, CVPR 2023: each tensor's norms divided by their mean first",
    .need = StrategyNeed::Scores,
    .select = selectHighest,
    .options = kOptions,
    .score = score,
};

} // namespace heirloom
