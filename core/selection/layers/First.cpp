// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

#include <numeric>

namespace heirloom {
namespace {

Result<std::vector<int>> select(int, int student) {
    std::vector<int> positions(static_cast<std::size_t>(student));
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
}

} // namespace

const LayerRule firstLayers{
    .name = "first",
    .title = "First N",
    .meaning = "Student layer i from teacher layer i",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024",
    .select = select,
};

} // namespace heirloom
