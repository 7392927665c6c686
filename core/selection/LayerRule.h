// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <span>
#include <string_view>
#include <vector>

namespace heirloom {

/// Whether a layer rule also makes a student that is deeper than its teacher.
enum class LayerReach { Shallower, AnyDepth };

/// One way to say which teacher layers of a stack feed the student's; one file in
/// core/selection/layers/, listed by layerRules().
struct LayerRule {
    std::string_view name;    ///< stable word: "first"
    std::string_view title;   ///< for a person: "First"
    std::string_view meaning; ///< one line
    std::string_view source;  ///< paper or repository
    /// \pre 0 <= student, 0 < teacher, and student <= teacher unless `reach` is AnyDepth
    /// \return for each student position a teacher position of [0, teacher), or an Error (without
    /// `where`) for depths that the rule does not know
    Result<std::vector<int>> (*select)(int teacher, int student);
    LayerReach reach = LayerReach::Shallower;
};

/// In the order in which a list shows them.
[[nodiscard]] std::span<const LayerRule* const> layerRules();
/// Null when there is none of that name.
[[nodiscard]] const LayerRule* findLayerRule(std::string_view name);

} // namespace heirloom
