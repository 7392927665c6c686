// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"
#include "core/model/families/Dialect.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

inline constexpr std::size_t convNextStages = 4;

/// How one library calls the tensors of a ConvNeXt; the roles are timm's names.
struct ConvNextDialect {
    std::string_view names;   ///< the hyper-parameter's value: "transformers"
    std::string_view wrapper; ///< what a class with a head writes before its base model
    std::span<const Word> stem, block, downsample, back;
    std::span<const Word> head; ///< never behind the wrapper

    [[nodiscard]] std::string base(bool isWrapped) const {
        return std::string(isWrapped ? wrapper : std::string_view{});
    }
    /// Of a block, and of the downsampling that leads into a stage; without base() and final dot.
    [[nodiscard]] std::string blockName(std::size_t stage, std::size_t number) const;
    [[nodiscard]] std::string downsampleName(std::size_t stage) const;
};

/// timm's dialect first; the others in the order in which a file is compared with them.
[[nodiscard]] std::span<const ConvNextDialect> convNextDialects();
/// The dialect in which such a net is written, or null where `names` is no known word.
[[nodiscard]] const ConvNextDialect* convNextDialect(const HyperParameters& hyper);

/// A net under timm's names, put into the words of `dialect`.
[[nodiscard]] Result<ModelSpec> respellConvNext(ModelSpec timm, const ConvNextDialect& dialect);

/// Family::named, Family::recognize and Family::configured of the ConvNeXts.
[[nodiscard]] std::optional<HyperParameters> convNextNamed(std::string_view name);
[[nodiscard]] std::optional<HyperParameters> recognizeConvNext(std::span<const TensorInfo> tensors,
                                                               std::vector<std::string>& notes);
[[nodiscard]] std::optional<HyperParameters> convNextConfigured(const nlohmann::json& config);

} // namespace heirloom
