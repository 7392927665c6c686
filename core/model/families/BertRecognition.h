// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/model/HyperParameters.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace heirloom {

/// Family::recognize of the BERT family, in every dialect.
[[nodiscard]] std::optional<HyperParameters> recognizeBert(std::span<const TensorInfo> tensors,
                                                           std::vector<std::string>& notes);
/// Family::configured.
[[nodiscard]] std::optional<HyperParameters> bertConfigured(const nlohmann::json& config);
/// Row numbers that files of before 2022 store beside the tables.
[[nodiscard]] bool isBertLeftover(const TensorInfo& tensor);

} // namespace heirloom
