// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

#include <numeric>

namespace heirloom {
namespace {

Result<std::vector<int>> select(int teacher, int student) {
    std::vector<int> positions(static_cast<std::size_t>(teacher));
    std::iota(positions.begin(), positions.end(), 0);
    auto spare = static_cast<std::size_t>(teacher - student);
    while (spare > 0) {
        std::vector<int> kept; // from the last one down
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const bool isDropped = i % 2 == 0 && spare > 0;
            if (isDropped)
                --spare;
            else
                kept.push_back(positions[positions.size() - 1 - i]);
        }
        positions.assign(kept.rbegin(), kept.rend());
    }
    return positions;
}

} // namespace

const LayerRule alternateLayers{
    .name = "alternate",
    .title = "Alternate layers dropped",
    .meaning = "Every second layer is dropped, from the last one down, and again until few enough "
               "are left",
    .source = "Sajjad et al., Poor Man's BERT, 2020 (arXiv 2004.03844)",
    .select = select,
};

} // namespace heirloom
