// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/LayerRule.h"

namespace heirloom {

// One line a rule, each defined in a file of its own; the list's order is that of layerRules().
#define HEIRLOOM_LAYER_RULES(X)                                                                    \
    X(firstLayers)                                                                                 \
    X(lastLayers)                                                                                  \
    X(uniformLayers)                                                                               \
    X(dropMiddleLayers)                                                                            \
    X(alternateLayers)                                                                             \
    X(distilBertLayers)                                                                            \
    X(stackedLayers)

#define HEIRLOOM_DECLARE(rule) extern const LayerRule rule;
HEIRLOOM_LAYER_RULES(HEIRLOOM_DECLARE)
#undef HEIRLOOM_DECLARE

} // namespace heirloom
