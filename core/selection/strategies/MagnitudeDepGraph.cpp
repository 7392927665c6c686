// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {{"norm", "2", "1|2", "p of the sum of |w|^p, no root taken"}};

Result<std::vector<double>> score(WeightScores& weights, const ScoreRequest& request) {
    return weights.depGraphMagnitudes(request.space, request.isFlat, request.selection.norm);
}

} // namespace

const Strategy magnitudeDepGraphStrategy{
    .name = "magnitude-depgraph",
    .title = "DepGraph",
    .meaning = "The slices of largest sum of |w|^p, averaged over weights of layers and norms; no "
               "biases, no free parameters",
    .source = "Fang et al., DepGraph, CVPR 2023: GroupMagnitudeImportance of Torch-Pruning",
    .need = StrategyNeed::Scores,
    .select = selectHighest,
    .options = kOptions,
    .score = score,
};

} // namespace heirloom
