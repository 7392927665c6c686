// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/LayerRule.h"

#include "core/selection/layers/Layers.h"

#include <array>

namespace heirloom {

std::span<const LayerRule* const> layerRules() {
#define HEIRLOOM_LIST(rule) &rule,
    static constexpr std::array all{HEIRLOOM_LAYER_RULES(HEIRLOOM_LIST)};
#undef HEIRLOOM_LIST
    return all;
}

const LayerRule* findLayerRule(std::string_view name) {
    for (const auto* rule : layerRules())
        if (rule->name == name)
            return rule;
    return nullptr;
}

} // namespace heirloom
