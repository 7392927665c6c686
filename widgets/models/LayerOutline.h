// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/ModelSpec.h"
#include "widgets/models/LayerPairs.h"

#include <cstdint>
#include <string>
#include <vector>

namespace heirloom {

/// A model as people read it: modules in order, repeated blocks gathered under their stack.
/// Points into the ModelSpec that it was made from.
struct OutlineEntry {
    PairKind kind = PairKind::Module;
    std::string label;
    std::string path;
    int layer = -1;
    std::int64_t elements = 0;
    std::vector<const Parameter*> parameters; ///< of a module, its weight (else its largest) first
    std::vector<OutlineEntry> children;
};

/// At most three deep: stack, layer, module.
[[nodiscard]] std::vector<OutlineEntry> layerOutline(const ModelSpec& spec);

} // namespace heirloom
