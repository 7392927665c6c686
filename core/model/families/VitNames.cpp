// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/VitNames.h"

#include <algorithm>
#include <initializer_list>

namespace heirloom {
namespace {

HyperParameters hyperOf(const VitSize& size, std::int64_t patch, std::int64_t image) {
    HyperParameters hyper;
    hyper.set("dim", size.dim);
    hyper.set("depth", size.depth);
    hyper.set("heads", size.heads);
    hyper.set("mlp", 4 * size.dim);
    hyper.set("patch", patch);
    hyper.set("image", image);
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{1000});
    hyper.set("class_token", true);
    hyper.set("distilled", false);
    hyper.set("register_tokens", std::int64_t{0});
    hyper.set("embed_class", true);
    hyper.set("layer_scale", false);
    hyper.set("qk_norm", false);
    hyper.set("qkv_bias", true);
    hyper.set("pool", std::string("token"));
    hyper.set("fc_norm", false);
    hyper.set("swiglu", false);
    hyper.set("pre_norm", false);
    hyper.set("head_bias", true);
    hyper.set("embed_registers", true);
    hyper.set("names", std::string("timm"));
    hyper.set("wrapper", false);
    hyper.set("pooler", false);
    hyper.set("act", std::string("gelu"));
    return hyper;
}

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word))
        return false;
    text.remove_prefix(word.size());
    return true;
}

/// Takes one of `known` from the front, or returns 0.
std::int64_t takeNumber(std::string_view& text, std::initializer_list<std::int64_t> known) {
    for (const auto number : known)
        if (take(text, fmt::format("{}", number)))
            return number;
    return 0;
}

/// A name of torchvision's: vit_b_16.
struct TorchName {
    std::string_view name, size;
    std::int64_t patch;
};
constexpr std::array<TorchName, 5> torchNames = {{{"vit_b_32", "base", 32},
                                                  {"vit_b_16", "base", 16},
                                                  {"vit_l_32", "large", 32},
                                                  {"vit_l_16", "large", 16},
                                                  {"vit_h_14", "huge", 14}}};

std::optional<HyperParameters> torchNamed(std::string_view name) {
    const auto model = std::ranges::find(torchNames, name, &TorchName::name);
    if (model == torchNames.end())
        return std::nullopt;
    auto hyper =
        hyperOf(*std::ranges::find(vitSizes, model->size, &VitSize::word), model->patch, 224);
    hyper.set("names", std::string("torchvision"));
    return hyper;
}

HyperParameters dinoOf(const VitSize& size, bool hasRegisters) {
    auto hyper = hyperOf(size, 14, 518);
    hyper.set("num_classes", std::int64_t{0});
    hyper.set("layer_scale", true);
    if (hasRegisters) {
        hyper.set("register_tokens", std::int64_t{4});
        hyper.set("embed_class", false);
    }
    if (&size == &vitGiant) {
        hyper.set("mlp", std::int64_t{4096});
        hyper.set("swiglu", true);
    }
    return hyper;
}

} // namespace

std::optional<HyperParameters> vitNamed(std::string_view name) {
    if (name == "vit")
        return hyperOf(vitSizes[0], 16, 224);
    if (auto hyper = torchNamed(name))
        return hyper;
    if (name == "vit_giant_patch14_dinov2")
        return dinoOf(vitGiant, false);
    if (name == "vit_giant_patch14_reg4_dinov2")
        return dinoOf(vitGiant, true);
    const bool isDeit3 = take(name, "deit3_");
    const bool isDeit = !isDeit3 && take(name, "deit_");
    if (!isDeit3 && !isDeit && !take(name, "vit_"))
        return std::nullopt;
    const auto size = std::ranges::find_if(
        vitSizes, [&](const VitSize& one) { return name.starts_with(one.word); });
    if (size == vitSizes.end())
        return std::nullopt;
    name.remove_prefix(size->word.size());
    const bool isDistilled = isDeit && take(name, "_distilled");
    if (!take(name, "_patch"))
        return std::nullopt;
    const auto patch = takeNumber(name, {16, 32, 14, 8});
    if (patch == 0)
        return std::nullopt;
    const bool hasRegisters = !isDeit && !isDeit3 && take(name, "_reg4");
    if (!isDeit && !isDeit3 && patch == 14 && name == "_dinov2")
        return dinoOf(*size, hasRegisters);
    const bool isClip = !isDeit && !isDeit3 && !hasRegisters && take(name, "_clip");
    const bool isQuick = isClip && take(name, "_quickgelu");
    if (hasRegisters || !take(name, "_"))
        return std::nullopt;
    const auto image =
        isClip ? takeNumber(name, {224, 256, 336, 378, 384, 448}) : takeNumber(name, {224, 384});
    if (image == 0 || !name.empty() || image % patch != 0)
        return std::nullopt;
    auto hyper = hyperOf(*size, patch, image);
    hyper.set("distilled", isDistilled);
    hyper.set("pre_norm", isClip);
    if (isQuick)
        hyper.set("act", std::string("quick_gelu"));
    if (isDeit3) {
        hyper.set("embed_class", false);
        hyper.set("layer_scale", true);
    }
    return hyper;
}

std::vector<std::string> vitNames() {
    return {"vit_tiny_patch16_224",
            "vit_tiny_patch16_384",
            "vit_small_patch32_224",
            "vit_small_patch32_384",
            "vit_small_patch16_224",
            "vit_small_patch16_384",
            "vit_small_patch8_224",
            "vit_base_patch32_224",
            "vit_base_patch32_384",
            "vit_base_patch16_224",
            "vit_base_patch16_384",
            "vit_base_patch8_224",
            "vit_large_patch32_224",
            "vit_large_patch32_384",
            "vit_large_patch16_224",
            "vit_large_patch16_384",
            "vit_large_patch14_224",
            "vit_huge_patch14_224",
            "deit_tiny_patch16_224",
            "deit_small_patch16_224",
            "deit_base_patch16_224",
            "deit_base_patch16_384",
            "deit_tiny_distilled_patch16_224",
            "deit_small_distilled_patch16_224",
            "deit_base_distilled_patch16_224",
            "deit_base_distilled_patch16_384",
            "deit3_small_patch16_224",
            "deit3_small_patch16_384",
            "deit3_base_patch16_224",
            "deit3_base_patch16_384",
            "deit3_large_patch16_224",
            "deit3_large_patch16_384",
            "deit3_huge_patch14_224",
            "vit_small_patch14_dinov2",
            "vit_base_patch14_dinov2",
            "vit_large_patch14_dinov2",
            "vit_small_patch14_reg4_dinov2",
            "vit_base_patch14_reg4_dinov2",
            "vit_large_patch14_reg4_dinov2",
            "vit_giant_patch14_dinov2",
            "vit_giant_patch14_reg4_dinov2",
            "vit_base_patch32_clip_224",
            "vit_base_patch32_clip_256",
            "vit_base_patch32_clip_384",
            "vit_base_patch32_clip_448",
            "vit_base_patch32_clip_quickgelu_224",
            "vit_base_patch16_clip_224",
            "vit_base_patch16_clip_384",
            "vit_base_patch16_clip_quickgelu_224",
            "vit_large_patch14_clip_224",
            "vit_large_patch14_clip_336",
            "vit_large_patch14_clip_quickgelu_224",
            "vit_large_patch14_clip_quickgelu_336",
            "vit_huge_patch14_clip_224",
            "vit_huge_patch14_clip_336",
            "vit_huge_patch14_clip_378",
            "vit_huge_patch14_clip_quickgelu_224",
            "vit_huge_patch14_clip_quickgelu_378",
            "vit_b_32",
            "vit_b_16",
            "vit_l_32",
            "vit_l_16",
            "vit_h_14"};
}

} // namespace heirloom
