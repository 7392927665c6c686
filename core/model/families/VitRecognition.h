// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/model/HyperParameters.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Family::recognize and Family::configured of the vision transformers, in every dialect.
[[nodiscard]] std::optional<HyperParameters> recognizeVit(std::span<const TensorInfo> tensors,
                                                          std::vector<std::string>& notes);
[[nodiscard]] std::optional<HyperParameters> vitConfigured(const nlohmann::json& config);

/// Family::isLeftover: CLIP's running numbers of positions, which are computed now.
[[nodiscard]] bool isVitLeftover(const TensorInfo& tensor);

/// Rows of pos_embed that belong to no patch.
[[nodiscard]] std::int64_t vitPositionPrefix(const HyperParameters& hyper);

/// Activation of a CLIP whose file does not say: what the library's class has by default.
[[nodiscard]] std::string_view clipActivation(std::string_view names);

/// Side of a square grid, or 0.
[[nodiscard]] std::int64_t squareSide(std::int64_t count);

} // namespace heirloom
