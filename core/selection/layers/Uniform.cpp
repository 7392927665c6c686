// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Strategy.h"
#include "core/selection/layers/Layers.h"

namespace heirloom {
namespace {

Result<std::vector<int>> select(int teacher, int student) {
    std::vector<int> positions;
    if (student > 0)
        for (const auto index : uniformIndices(teacher, student))
            positions.push_back(static_cast<int>(index));
    return positions;
}

} // namespace

const LayerRule uniformLayers{
    .name = "uniform",
    .title = "Evenly spaced",
    .meaning = "Teacher layers evenly spaced, by the rule for elements",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024",
    .select = select,
};

} // namespace heirloom
