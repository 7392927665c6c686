// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

Result<std::vector<double>> score(WeightScores& weights, const ScoreRequest& request) {
    return weights.distances(request.space, request.isFlat);
}

} // namespace

const Strategy geometricMedianStrategy{
    .name = "fpgm",
    .title = "FPGM",
    .meaning = "The slices farthest from all others, summed over linear and convolution weights",
    .source = "He et al., Filter Pruning via Geometric Median, CVPR 2019",
    .need = StrategyNeed::Scores,
    .select = selectHighest,
    .options = {},
    .score = score,
};

} // namespace heirloom
