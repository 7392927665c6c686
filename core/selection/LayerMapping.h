// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/model/ModelSpec.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Which teacher layer feeds which student layer, before the sizes of a pair are known.
struct LayerSelection {
    std::string rule =
        "first"; ///< "first", "last", "uniform"; applies to every stack not in `byHand`
    /// stack -> for each student position the teacher position in the same stack, or -1 for a fresh
    /// layer
    std::map<std::string, std::vector<int>> byHand;

    bool operator==(const LayerSelection&) const = default;
};

/// "first", "last", "uniform", "blocks=0-2-4-6" (one stack by hand, the others first-N),
/// "uniform,stages.2.blocks=0-3-6", "blocks=0-fresh-2" (the second layer is drawn).
[[nodiscard]] Result<LayerSelection> parseLayerSelection(std::string_view text);
[[nodiscard]] std::string layerSelectionText(const LayerSelection& selection);

/// For each student layer (index into the student's ModelSpec::layers) the teacher's layer, or -1:
/// fresh.
struct LayerMapping {
    std::vector<int> teacherLayer;
    bool operator==(const LayerMapping&) const = default;
};

/// First-N is the published default: student layer i <- teacher layer i, a stack (stage) at a time.
/// A stack in which the student has more layers than the teacher is an Error unless given by hand.
[[nodiscard]] Result<LayerMapping> mapLayers(const ModelSpec& teacher,
                                             const ModelSpec& student,
                                             const LayerSelection& selection);

} // namespace heirloom
