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
    std::string rule = "first"; ///< name in layerRules(), of every stack not named below
    std::map<std::string, std::string> rules; ///< stack -> its own rule
    /// stack -> for each student position the teacher position in the same stack, or -1 for a fresh
    /// layer; counts more than `rules`
    std::map<std::string, std::vector<int>> byHand;

    bool operator==(const LayerSelection&) const = default;
};

/// "first", "drop-middle", "blocks=0-2-4-6" (one stack by hand, the others first-N),
/// "uniform,stages.2.blocks=0-3-6", "blocks=0-fresh-2" (the second layer is drawn),
/// "first,stages.2.blocks:last" (one stack by another rule).
[[nodiscard]] Result<LayerSelection> parseLayerSelection(std::string_view text);
[[nodiscard]] std::string layerSelectionText(const LayerSelection& selection);

/// For each student layer (index into the student's ModelSpec::layers) the teacher's layer, or -1:
/// fresh.
struct LayerMapping {
    std::vector<int> teacherLayer;
    bool operator==(const LayerMapping&) const = default;
};

/// First-N is the published default: student layer i <- teacher layer i, a stack (stage) at a time.
/// A stack in which the student has more layers than the teacher is an Error unless given by hand
/// or by a rule that reaches any depth.
[[nodiscard]] Result<LayerMapping> mapLayers(const ModelSpec& teacher,
                                             const ModelSpec& student,
                                             const LayerSelection& selection);

} // namespace heirloom
