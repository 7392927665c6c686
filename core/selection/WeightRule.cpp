// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/WeightRule.h"

#include "core/selection/weights/WeightRules.h"

#include <array>

namespace heirloom {

std::span<const WeightRule* const> weightRules() {
    static constexpr std::array all{
        &copyRule,
        &scaleRule,
        &noiseRule,
        &cosineRule,
        &permutedRule,
        &scaleOnlyRule,
        &mimeticRule,
        &kaimingRule,
        &xavierRule,
        &truncNormalRule,
        &stockRule,
    };
    return all;
}

const WeightRule* findWeightRule(std::string_view name) {
    for (const auto* rule : weightRules())
        if (rule->name == name)
            return rule;
    return nullptr;
}

} // namespace heirloom
