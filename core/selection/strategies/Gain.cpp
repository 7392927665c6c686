// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

Result<std::vector<double>> score(WeightScores& weights, const ScoreRequest& request) {
    return weights.gains(request.space, request.isFlat);
}

} // namespace

const Strategy gainStrategy{
    .name = "gain",
    .title = "Norm gain",
    .meaning = "The channels of largest gain, summed over the norms and layer scales on the space; "
               "uniform where there is none",
    .source = "after Liu et al., Network Slimming, ICCV 2017: each tensor's gains divided by their "
              "mean first",
    .need = StrategyNeed::Scores,
    .select = selectHighest,
    .options = {},
    .score = score,
};

} // namespace heirloom
