// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// One family of architectures, one file in core/model/families/.
struct Family {
    std::string_view name;
    std::string_view meaning; ///< one line for a person
    /// Hyper-parameters read from names and shapes; empty when the tensors are not of this family.
    /// `notes` takes what had to be assumed.
    std::optional<HyperParameters> (*recognize)(std::span<const TensorInfo> tensors,
                                                std::vector<std::string>& notes);
    /// The stock model of these hyper-parameters, or an Error when they do not fit together (dim
    /// not a multiple of heads ...).
    Result<ModelSpec> (*build)(const HyperParameters& hyper);
    /// Hyper-parameters of a published name ("vit_tiny_patch16_224"), or of the family's own name:
    /// its defaults. Empty when the family does not know it.
    std::optional<HyperParameters> (*named)(std::string_view modelName);
    /// Published names, smallest first, for lists and suggestions.
    std::vector<std::string> (*names)();
    /// Sets what follows from changed sizes unless it is among `given` itself (an MLP's hidden size
    /// follows dim); may be null.
    void (*follow)(HyperParameters& changed,
                   const HyperParameters& before,
                   const std::vector<std::string>& given) = nullptr;
    /// Hyper-parameters of a transformers config.json whose "model_type" is of this family; empty
    /// when it is not. May be null.
    std::optional<HyperParameters> (*configured)(const nlohmann::json& config) = nullptr;
    /// Whether a file of this family may hold this tensor beside the stock model's: a table of old
    /// versions that is computed now (position_ids, causal masks). It is left out, with a note. May
    /// be null.
    bool (*isLeftover)(const TensorInfo& tensor) = nullptr;
};

/// In the order in which they are asked.
[[nodiscard]] std::span<const Family* const> families();
[[nodiscard]] const Family* findFamily(std::string_view name);

/// The architecture of a set of tensors. Never fails for want of a family: an unknown net gets
/// family "unknown", each axis its own space. `changes` ("heads=4") override what names and shapes
/// cannot tell; metadata "heirloom.model" is believed before guesses.
[[nodiscard]] Result<ModelSpec> recognizeModel(const Checkpoint& checkpoint,
                                               std::string_view changes = {});

/// The architecture called `name` where the tensors are that model's; else an Error that names the
/// first difference. What a file cannot tell (heads) is then as the name says.
[[nodiscard]] Result<ModelSpec> recognizeModelAs(const Checkpoint& checkpoint,
                                                 std::string_view name);

/// "vit_tiny_patch16_224", "vit_tiny_patch16_224:num_classes=100,depth=6", or a family with all its
/// options "vit:dim=32,depth=3,heads=4,...". An unknown name is an Error that suggests the nearest.
[[nodiscard]] Result<ModelSpec> modelFromName(std::string_view nameWithChanges);

/// Tokens of a vision transformer that come before its patches: class, distillation and register
/// tokens; 0 for other families.
[[nodiscard]] std::int64_t prefixTokens(const HyperParameters& hyper);
/// Rows at the start of pos_embed that belong to no patch and keep their place when positions are
/// resampled.
[[nodiscard]] std::int64_t positionPrefix(const ModelSpec& spec);

/// The name that modelFromName() turns into the same spec again; stored as metadata
/// "heirloom.model".
[[nodiscard]] std::string canonicalName(const ModelSpec& spec);

} // namespace heirloom
