// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

namespace heirloom {
namespace {

Result<std::vector<int>> select(int teacher, int student) {
    const int front = (student + 1) / 2;
    std::vector<int> positions;
    for (int i = 0; i < student; ++i)
        positions.push_back(i < front ? i : teacher - student + i);
    return positions;
}

} // namespace

const LayerRule dropMiddleLayers{
    .name = "drop-middle",
    .title = "Middle dropped",
    .meaning = "The teacher's first and last layers; of an odd number one more of the first",
    .source = "Sajjad et al., Poor Man's BERT, 2020 (arXiv 2004.03844)",
    .select = select,
};

} // namespace heirloom
