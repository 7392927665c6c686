// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/model/HyperParameters.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Family::named, Family::recognize and Family::configured of the Swin transformers.
[[nodiscard]] std::optional<HyperParameters> swinNamed(std::string_view name);
[[nodiscard]] std::optional<HyperParameters> recognizeSwin(std::span<const TensorInfo> tensors,
                                                           std::vector<std::string>& notes);
[[nodiscard]] std::optional<HyperParameters> swinConfigured(const nlohmann::json& config);

/// Masks of shifted windows in the authors' files: constants that follow from the sizes.
[[nodiscard]] bool isSwinLeftover(const TensorInfo& tensor);

/// `first`, twice it, and so on.
[[nodiscard]] std::vector<std::int64_t> swinDoubled(std::int64_t first, std::size_t count);

/// More stages than any published net has.
inline constexpr std::size_t maximumSwinStages = 8;

} // namespace heirloom
