// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Strategy.h"

#include "core/selection/strategies/Strategies.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace heirloom {

std::span<const Strategy* const> strategies() {
    static constexpr std::array all{
        &uniformStrategy,
        &consecutiveStrategy,
        &randomSetStrategy,
        &magnitudeStrategy,
        &explicitListStrategy,
    };
    return all;
}

const Strategy* findStrategy(std::string_view name) {
    for (const auto* strategy : strategies())
        if (strategy->name == name)
            return strategy;
    return nullptr;
}

std::vector<std::int64_t> highestScores(std::span<const double> scores, std::int64_t student) {
    assert(student >= 0 && static_cast<std::size_t>(student) <= scores.size());
    std::vector<std::int64_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(student));
    std::sort(order.begin(), order.end());
    return order;
}

} // namespace heirloom
