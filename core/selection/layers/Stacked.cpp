// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

namespace heirloom {
namespace {

Result<std::vector<int>> select(int teacher, int student) {
    std::vector<int> positions;
    for (int i = 0; i < student; ++i)
        positions.push_back(i % teacher);
    return positions;
}

} // namespace

const LayerRule stackedLayers{
    .name = "stack",
    .title = "Stacked",
    .meaning = "The teacher's layers over and over, for a deeper student",
    .source = "Gong et al., Efficient Training of BERT by Progressively Stacking, ICML 2019",
    .select = select,
    .reach = LayerReach::AnyDepth,
};

} // namespace heirloom
