// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// transformers' model types of this family.
inline constexpr std::array<std::string_view, 4> llamaKinds = {
    "llama", "mistral", "qwen2", "qwen3"};

struct LlamaSize {
    std::string_view name, kind;
    std::int64_t dim, depth, heads, kvHeads, headDim, mlp, vocab;
    bool tied;
};
[[nodiscard]] const std::vector<LlamaSize>& llamaSizes();

/// Family::named and Family::names. An organisation in front ("Qwen/") is passed over.
[[nodiscard]] std::optional<HyperParameters> llamaNamed(std::string_view name);
[[nodiscard]] std::vector<std::string> llamaNames();

} // namespace heirloom
