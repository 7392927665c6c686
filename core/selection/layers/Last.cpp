// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

#include <numeric>

namespace heirloom {
namespace {

Result<std::vector<int>> select(int teacher, int student) {
    std::vector<int> positions(static_cast<std::size_t>(student));
    std::iota(positions.begin(), positions.end(), teacher - student);
    return positions;
}

} // namespace

const LayerRule lastLayers{
    .name = "last",
    .title = "Last N",
    .meaning = "The teacher's last layers, in order",
    .source = "Sajjad et al., Poor Man's BERT, 2020 (arXiv 2004.03844)",
    .select = select,
};

} // namespace heirloom
