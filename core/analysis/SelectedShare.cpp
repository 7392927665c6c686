// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/HeatmapPyramid.h"

#include <algorithm>

namespace heirloom {

std::vector<float> selectedShare(std::span<const std::int64_t> selected,
                                 double first,
                                 double last,
                                 int cells) {
    std::vector<float> shares(static_cast<std::size_t>(std::max(cells, 0)), 0.0F);
    if (shares.empty() || !(last > first))
        return shares;
    const double perCell = (last - first) / cells;
    auto next = selected.begin();
    double passed = 0; // selected elements that end at or before the border, by width
    const auto selectedBefore = [&](double border) {
        while (next != selected.end() && static_cast<double>(*next + 1) <= border) {
            const std::int64_t index = *next;
            passed += 1;
            while (next != selected.end() &&
                   *next == index) // an index that comes twice is still one element
                ++next;
        }
        return next != selected.end() && static_cast<double>(*next) < border
                   ? passed + border - static_cast<double>(*next)
                   : passed;
    };
    double before = selectedBefore(first);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const double after = selectedBefore(first + static_cast<double>(i + 1) * perCell);
        shares[i] = static_cast<float>((after - before) / perCell);
        before = after;
    }
    return shares;
}

} // namespace heirloom
