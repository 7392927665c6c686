// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"
#include "core/analysis/LayerSearch.h"
#include "core/analysis/ParameterPairs.h"

#include <optional>
#include <string>

namespace heirloom {

/// Whether the pair has an axis of grid positions (SpaceKind::Tokens) of different sizes.
[[nodiscard]] bool hasOtherGrid(const ModelSpec& studentSpec, const ParameterPair& pair);

/// How a student's position embedding [1, tokens, dim] follows from the teacher's of another grid:
/// "bicubic, 16×16 to 14×14" where resamplePositions() of the teacher's columns gives it to 1e-3
/// (relative, root of mean square), "by another filter ..." where the two point the same way
/// (cosine above 0.9). Empty where neither holds, or the columns are not known.
/// \param spaces what was found out about the student's index spaces
[[nodiscard]] Result<std::optional<std::string>> howResampled(
    const ComparedModels& models,
    const ParameterPair& pair,
    const std::vector<SpaceReport>& spaces);

} // namespace heirloom
