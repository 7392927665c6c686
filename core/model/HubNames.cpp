// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/HubNames.h"

#include <algorithm>

namespace heirloom {
namespace {

struct Pattern {
    std::string_view before; ///< of the id, up to the size's name
    std::string_view after;  ///< of the id
    std::string_view name;   ///< published name, its size's name written '*', and changes
};

constexpr Pattern patterns[] = {
    {"google/vit-", "-patch16-224", "vit_*_patch16_224:names=transformers4"},
    {"google/vit-", "-patch16-384", "vit_*_patch16_384:names=transformers4"},
    {"google/vit-", "-patch32-384", "vit_*_patch32_384:names=transformers4"},
    {"google/vit-",
     "-patch16-224-in21k",
     "vit_*_patch16_224:num_classes=0,names=transformers4,pooler=true"},
    {"google/vit-",
     "-patch32-224-in21k",
     "vit_*_patch32_224:num_classes=0,names=transformers4,pooler=true"},
    {"facebook/deit-",
     "-distilled-patch16-224",
     "deit_*_distilled_patch16_224:names=transformers4"},
    {"facebook/deit-", "-patch16-224", "deit_*_patch16_224:names=transformers4"},
    {"facebook/dinov2-with-registers-",
     "",
     "vit_*_patch14_reg4_dinov2:embed_class=true,embed_registers=false,names=transformers4"},
    {"facebook/dinov2-", "", "vit_*_patch14_dinov2:names=transformers4"},
    {"microsoft/swin-", "-patch4-window7-224", "swin_*_patch4_window7_224:names=transformers4"},
    {"microsoft/swin-", "-patch4-window12-384", "swin_*_patch4_window12_384:names=transformers4"},
    {"facebook/convnext-", "-224", "convnext_*:names=transformers"},
    {"facebook/convnextv2-", "-1k-224", "convnextv2_*:names=transformers"},
};

} // namespace

std::optional<std::string> hubModel(std::string_view id) {
    for (const auto& [before, after, name] : patterns) {
        if (id.size() <= before.size() + after.size() || !id.starts_with(before) ||
            !id.ends_with(after))
            continue;
        const auto size = id.substr(before.size(), id.size() - before.size() - after.size());
        const auto isLetter = [](char c) { return c >= 'a' && c <= 'z'; };
        if (!std::ranges::all_of(size, isLetter))
            continue;
        const auto star = name.find('*');
        return std::string(name.substr(0, star)).append(size).append(name.substr(star + 1));
    }
    return std::nullopt;
}

} // namespace heirloom
