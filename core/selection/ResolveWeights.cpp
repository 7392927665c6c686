// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/PlanParts.h"
#include "core/selection/SelectionText.h"
#include "core/selection/WeightRule.h"

#include <algorithm>

namespace heirloom {
namespace {

Status checkParameterPatterns(const SelectionPlan& plan) {
    for (const auto& [pattern, selection] : plan.options.parameters) {
        const auto isMeant = [&](const ParameterPlan& parameter) {
            return matchesPattern(pattern, parameter.student);
        };
        if (std::ranges::none_of(plan.parameters, isMeant))
            return std::unexpected(
                Error{pattern,
                      "no parameter of the student has such a name",
                      fmt::format("Names look like {}; '*' stands for any run of characters",
                                  plan.parameters.empty() ? "blocks.0.mlp.fc1.weight"
                                                          : plan.parameters.back().student)});
        if (auto fine = checkWeightSelection(selection); !fine)
            return fine;
    }
    return {};
}

} // namespace

Status resolveWeights(SelectionPlan& plan) {
    if (auto fine = checkWeightSelection(plan.options.weights); !fine)
        return fine;
    if (auto fine = checkParameterPatterns(plan); !fine)
        return fine;
    for (auto& parameter : plan.parameters) {
        const auto meant = std::find_if(
            plan.options.parameters.rbegin(),
            plan.options.parameters.rend(),
            [&](const auto& each) { return matchesPattern(each.first, parameter.student); });
        parameter.weights =
            meant == plan.options.parameters.rend() ? plan.options.weights : meant->second;
    }
    return {};
}

} // namespace heirloom
