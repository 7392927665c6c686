// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"
#include "core/model/families/Dialect.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace heirloom {

/// How one library calls the tensors of a Swin transformer; the roles are timm's names.
struct SwinDialect {
    std::string_view names;   ///< the hyper-parameter's value: "transformers"
    std::string_view wrapper; ///< what a class with a head writes before its base model: "swin."
    std::span<const Word> front, block, merging, back;
    std::span<const Word> head; ///< never behind the wrapper
    /// How the constant index of relative positions is stored: "" (not at all), "flat" or "square".
    std::string_view index;

    [[nodiscard]] std::string base(bool isWrapped) const {
        return std::string(isWrapped ? wrapper : std::string_view{});
    }
    /// Of a block, and of the merging that leads into a stage; without base() and final dot.
    [[nodiscard]] std::string blockName(std::size_t stage, std::size_t number) const;
    [[nodiscard]] std::string mergingName(std::size_t stage) const;
};

/// timm's dialect first; the others in the order in which a file is compared with them.
[[nodiscard]] std::span<const SwinDialect> swinDialects();
/// The dialect of the hyper-parameter `names`, or null for an unknown word.
[[nodiscard]] const SwinDialect* swinDialect(std::string_view names);

/// A net under timm's names, put into the words of `dialect`.
[[nodiscard]] Result<ModelSpec> respellSwin(ModelSpec timm, const SwinDialect& dialect);

} // namespace heirloom
