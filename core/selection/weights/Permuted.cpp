// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/PlanParts.h"
#include "core/selection/weights/WeightRules.h"

#include <numeric>
#include <utility>

namespace heirloom {
namespace {

/// Whether a strategy chooses on every space of the axis: pixels, classes and places stay.
bool isShuffled(const ModelSpec& spec, const AxisLayout& axis) {
    for (const auto& segment : axis.segments)
        for (const int space : segment.spaces)
            if (const auto kind = spec.spaces[static_cast<std::size_t>(space)].kind;
                !isSelectable(kind) || kind == SpaceKind::Positions)
                return false;
    return true;
}

std::vector<IndexList> shuffled(const WeightTask& task, const std::vector<IndexList>& chosen) {
    Random random(seedFor(task.seed, task.parameter.name));
    auto made = chosen;
    for (std::size_t axis = 0; axis < made.size(); ++axis) {
        const auto size = task.source->shape[axis];
        if (size < 2 || !isShuffled(task.spec, task.parameter.axes[axis]))
            continue;
        std::vector<std::int64_t> order(static_cast<std::size_t>(size));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        for (std::size_t i = order.size(); i > 1; --i) // Fisher and Yates
            std::swap(order[i - 1], order[random.below(i)]);
        if (chosen[axis]) {
            std::vector<std::int64_t> picked;
            picked.reserve(chosen[axis]->size());
            for (const auto index : *chosen[axis])
                picked.push_back(order[static_cast<std::size_t>(index)]);
            order = std::move(picked);
        }
        made[axis] = std::make_shared<const std::vector<std::int64_t>>(std::move(order));
    }
    return made;
}

} // namespace

const WeightRule permutedRule{
    .name = "permuted",
    .title = "Permuted teacher",
    .meaning =
        "Control: the slices of each teacher tensor shuffled along each axis, each tensor on "
        "its own, then cut as planned; the values stay, their alignment is lost",
    .source = "control of Heirloom",
    .options = {},
    .needs = WeightNeed::Slices,
    .draws = true,
    .make = nullptr,
    .axes = shuffled,
};

} // namespace heirloom
