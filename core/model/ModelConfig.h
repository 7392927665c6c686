// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/model/Families.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace heirloom {

/// What a transformers config.json says of a model.
struct ModelConfig {
    std::filesystem::path path;
    std::string modelType;          ///< its "model_type"
    const Family* family = nullptr; ///< null for a model type that no family knows
    HyperParameters hyper;          ///< of that family; not yet checked, Family::build does that
};

/// Largest config.json that is read.
inline constexpr std::uintmax_t maximumConfigBytes = 1 << 20;

/// Reads a config.json, given by its own path or by its folder's. Empty when there is none.
///
/// \return an Error for a file above 1 MiB, one that is no JSON object, or one without "model_type"
[[nodiscard]] Result<std::optional<ModelConfig>> readModelConfig(const std::filesystem::path& path);

/// The same of a config.json's text; `path` is what errors call it.
[[nodiscard]] Result<ModelConfig> parseModelConfig(std::string_view text,
                                                   const std::filesystem::path& path);

/// The stock model that a config.json describes, without weights.
[[nodiscard]] Result<ModelSpec> modelFromConfig(const ModelConfig& config);

/// Changes for recognizeModel() with what tensors cannot tell and this config does ("heads=12");
/// empty when the config is of another family or of other sizes than `spec`, a model read from
/// tensors.
[[nodiscard]] std::string changesFromConfig(const ModelConfig& config, const ModelSpec& spec);

} // namespace heirloom
