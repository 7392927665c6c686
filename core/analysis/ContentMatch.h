// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/LayerSearch.h"
#include "core/analysis/ParameterPairs.h"

#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

/// For each student parameter the teacher's tensor in which its rows lie, whatever it is called; of
/// several the one of the same name, then of the longest common end of the name. Where no row is
/// found (constants, scaled copies), the tensor of the same name; empty where there is none either.
[[nodiscard]] Result<std::vector<std::vector<ParameterPair>>> pairsByContent(
    const ComparedModels& models, std::stop_token stop);

/// "transformer.layer.1 <- encoder.layer.2" for each student name with a number in it, by the
/// teacher's numbered names that most of its tensors were found in.
[[nodiscard]] std::vector<std::string> layersByName(
    const std::vector<std::pair<std::string, std::string>>& found);

} // namespace heirloom
