// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace heirloom {

/// Rows of q that each student head takes from each teacher head, [student head][teacher head], as
/// the plan has it (no weights are read). Empty when the parameter is fresh or is no fused qkv.
[[nodiscard]] std::vector<std::vector<std::int64_t>> headMatrix(
    const SelectionPlan& plan, std::string_view studentQkvParameter);

/// How far a plan keeps the parts of one attention together.
struct CouplingSummary {
    std::int64_t size =
        0; ///< student heads × head_dim; 0 when the layer has no fused qkv, or it is fresh
    std::int64_t qEqualsK = 0;    ///< rows at which q and k take the same teacher row
    std::int64_t vEqualsProj = 0; ///< rows of v that take the teacher row of proj's column
    bool blended = false;         ///< some student head draws on more than one teacher head
};

/// \param layer index into the student's ModelSpec::layers
[[nodiscard]] CouplingSummary couplingOf(const SelectionPlan& plan, int layer);

} // namespace heirloom
