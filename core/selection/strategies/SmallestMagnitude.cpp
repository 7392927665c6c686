// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {
    {"norm", "2", "1|2", "p of each slice's norm: sum |w|, or sqrt(sum w²)"}};

Result<std::vector<double>> score(WeightScores& weights, const ScoreRequest& request) {
    auto scores = weights.magnitudes(request.space, request.isFlat, request.selection.norm);
    if (scores)
        for (double& value : *scores)
            value = -value;
    return scores;
}

} // namespace

const Strategy smallestMagnitudeStrategy{
    .name = "smallest",
    .title = "Smallest",
    .meaning = "Control: the slices of smallest norm, those that magnitude leaves",
    .source = "Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017, section 4.4",
    .need = StrategyNeed::Scores,
    .select = selectHighest,
    .options = kOptions,
    .score = score,
    .isControl = true,
};

} // namespace heirloom
