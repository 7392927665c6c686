// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"
#include "core/model/families/Dialect.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// How one class of one library calls the tensors of a vision transformer; the roles are timm's
/// names.
struct VitDialect {
    std::string_view names;   ///< the hyper-parameter's value: "transformers"
    std::string_view wrapper; ///< what a class with a head writes before its base model: "vit."
    std::string_view layer;   ///< of a block, before its number: "encoder.layer."
    std::span<const Word> front, block, back;
    std::span<const Word> head; ///< never behind the wrapper
    bool hasMaskToken = false;  ///< a token for masked patches is always there, used or not
    bool hasPooler = false;     ///< the base model may end in a dense layer on the class token

    [[nodiscard]] std::string base(bool isWrapped) const {
        return std::string(isWrapped ? wrapper : std::string_view{});
    }
};

/// Every dialect but timm's own, in the order in which a file is compared with them.
[[nodiscard]] std::span<const VitDialect> vitDialects();

/// The dialect in which such a net is written, or null for timm's. \pre names is a known word
[[nodiscard]] const VitDialect* vitDialect(const HyperParameters& hyper);

/// Words of the hyper-parameter `names`.
[[nodiscard]] bool isVitNames(std::string_view names);

/// A net under timm's names, put into the words of `dialect`.
[[nodiscard]] Result<ModelSpec> respellVit(ModelSpec timm, const VitDialect& dialect);

} // namespace heirloom
