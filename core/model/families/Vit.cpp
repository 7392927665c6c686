// SPDX-License-Identifier: GPL-3.0-or-later
//
// Vision transformers: ViT (Dosovitskiy et al. 2021), DeiT and its distilled form (Touvron et al.
// 2021), DeiT-III (layer scale), DINOv2 (layer scale, register tokens, SwiGLU), CLIP's image tower
// (Radford et al. 2021). Put together under timm's names; VitDialects.cpp has those of others.
// Source: timm, models/vision_transformer.py and deit.py.
//
//   dim              width of the residual stream
//   depth            blocks
//   heads            attention heads; dim is a multiple of it; follows dim / 64 where whole
//   mlp              hidden size of each MLP; follows dim in the same ratio
//   patch, image     sides in pixels, square; image is a multiple of patch
//   channels         of the input image
//   num_classes      0: no head
//   class_token      a learnt first token
//   distilled        a second learnt token and a second head (dist_token, head_dist); logits are
//                    the mean of the two heads
//   register_tokens  learnt tokens after the class token (reg_token)
//   embed_class      pos_embed covers class, distillation and register tokens too (false in
//                    DeiT-III and DINOv2 with registers)
//   layer_scale      ls1.gamma, ls2.gamma after attention and MLP
//   qk_norm          LayerNorm over head_dim on q and k
//   qkv_bias         bias of attn.qkv
//   pool             "token": the class token, "avg": the mean of the patch tokens, "both": one
//                    after the other, so that the head reads 2 x dim (transformers' DINOv2)
//   fc_norm          the final norm comes after pooling and is called fc_norm; timm's default
//                    with pool=avg
//   swiglu           fc1 puts out gate and value, 2 x mlp: silu(gate) x value
//   pre_norm         LayerNorm norm_pre before the blocks, and no bias in patch_embed (CLIP)
//   head_bias        false in CLIP's projection
//   embed_registers  where pos_embed covers the class token it covers the register tokens too
//                    (false in transformers' DINOv2)
//   names            "timm", "transformers", "transformers4" (as its saved files have them),
//                    "torchvision"
//   wrapper          transformers: the base model's name comes first, as in a net with a head
//   pooler           transformers: a dense layer on the class token; others leave it out
//   act              of the MLPs without a gate: "gelu" (exact), "quick_gelu" (OpenAI's CLIP),
//                    "gelu_tanh", "relu", "silu", or another library's word for one that cannot be
//                    trained here; leaves no trace in a file
//
// LayerNorm eps 1e-6 (q_norm and k_norm too; CLIP 1e-5, transformers' ViT 1e-12), pre-norm.
// State-dict order: cls_token, reg_token, pos_embed, dist_token, patch_embed, blocks, norm or
// fc_norm, head, head_dist.
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"
#include "core/model/families/VitDialects.h"
#include "core/model/families/VitNames.h"
#include "core/model/families/VitRecognition.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace heirloom {
namespace {

const std::string family = "vit";
constexpr std::int64_t timmHeadDim = 64;

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    const auto isGiven = [&](std::string_view name) {
        return std::ranges::find(given, name) != given.end();
    };
    const auto dim = changed.integer("dim"), oldDim = before.integer("dim");
    if (dim != oldDim && oldDim > 0) {
        if (!isGiven("heads") && dim % timmHeadDim == 0)
            changed.set("heads", dim / timmHeadDim);
        const double ratio =
            static_cast<double>(before.integer("mlp")) / static_cast<double>(oldDim);
        if (!isGiven("mlp") && dim <= maximumWidth)
            changed.set("mlp",
                        static_cast<std::int64_t>(std::llround(ratio * static_cast<double>(dim))));
    }
    if (isGiven("class_token") && !isGiven("pool"))
        changed.set("pool", std::string(changed.flag("class_token") ? "token" : "avg"));
    if (isGiven("names")) {
        // transformers puts its base model behind a name where a head follows it
        const bool hasHead =
            changed.text("names").starts_with("transformers") && changed.integer("num_classes") > 0;
        if (!isGiven("wrapper"))
            changed.set("wrapper", hasHead);
        if (!isGiven("pool") && hasHead && changed.flag("layer_scale"))
            changed.set("pool", std::string("both"));
        if (!isGiven("act") && changed.flag("pre_norm"))
            changed.set("act", std::string(clipActivation(changed.text("names"))));
    }
    if ((isGiven("class_token") || isGiven("pool")) && !isGiven("fc_norm"))
        changed.set("fc_norm", changed.text("pool") == "avg");
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "mlp", "patch", "image", "channels", "heads"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (auto status = requireSize(family, hyper, "num_classes", 0, maximumClasses); !status)
        return status;
    if (auto status = requireSize(family, hyper, "register_tokens", 0, maximumWidth); !status)
        return status;
    if (auto status = requireWholeHeads(family, hyper); !status)
        return status;
    if (hyper.integer("image") % hyper.integer("patch") != 0)
        return fail(family,
                    "image must be a multiple of patch, found image={} and patch={}",
                    hyper.integer("image"),
                    hyper.integer("patch"));
    const auto pool = hyper.text("pool");
    if (pool != "token" && pool != "avg" && pool != "both")
        return fail(family, "pool must be token, avg or both, found '{}'", pool);
    if (pool != "avg" && !hyper.flag("class_token"))
        return fail(family, "pool={} needs a class token, but class_token=false", pool);
    if (hyper.flag("distilled") &&
        (!hyper.flag("class_token") || pool != "token" || hyper.integer("register_tokens") > 0))
        return fail(family,
                    "distilled=true needs class_token=true, pool=token and no register tokens");
    if (const auto names = hyper.text("names"); !isVitNames(names))
        return fail(family,
                    "names must be timm, transformers, transformers4 or torchvision, found '{}'",
                    names);
    return {};
}

struct Common {
    int residual, one;
    std::int64_t tokens; ///< of one image, extra ones included
};

void addBlock(SpecBuilder& builder, const HyperParameters& hyper, const Common& common, int index) {
    builder.beginLayer("blocks", index);
    const auto prefix = fmt::format("blocks.{}", index);
    const auto headDim = hyper.integer("dim") / hyper.integer("heads");
    const int heads = builder.space(prefix + ".heads", hyper.integer("heads"), SpaceKind::Heads);
    const int qk = builder.space(prefix + ".qk_dim", headDim, SpaceKind::HeadDim);
    const int v = builder.space(prefix + ".v_dim", headDim, SpaceKind::HeadDim);
    const int mlp = builder.space(prefix + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp);
    const auto residual = axis(common.residual);
    const AxisLayout qkv{
        {AxisSegment{{heads, qk}}, AxisSegment{{heads, qk}}, AxisSegment{{heads, v}}}};

    // gate, then value: timm's SwiGLUPacked
    const AxisLayout hidden =
        hyper.flag("swiglu") ? AxisLayout{{AxisSegment{{mlp}}, AxisSegment{{mlp}}}} : axis(mlp);
    const auto tokens = common.tokens;

    builder.norm(prefix + ".norm1", common.residual);
    builder.add(prefix + ".attn.qkv.weight", {qkv, residual}, truncNormal()).positions = tokens;
    if (hyper.flag("qkv_bias"))
        builder.add(prefix + ".attn.qkv.bias", {qkv}, zeros());
    if (hyper.flag("qk_norm")) {
        builder.norm(prefix + ".attn.q_norm", qk);
        builder.norm(prefix + ".attn.k_norm", qk);
    }
    builder.linear(
        prefix + ".attn.proj", residual, axis({heads, v}), truncNormal(), zeros(), tokens);
    // timm's LayerScale starts at 1e-5 (DINOv2); DeiT-III's own value was 1e-6
    const Draw gamma{InitRule::Constant, 1e-5};
    if (hyper.flag("layer_scale"))
        builder.add(prefix + ".ls1.gamma", {residual}, gamma);
    builder.norm(prefix + ".norm2", common.residual);
    builder.linear(prefix + ".mlp.fc1", hidden, residual, truncNormal(), zeros(), tokens);
    builder.linear(prefix + ".mlp.fc2", residual, axis(mlp), truncNormal(), zeros(), tokens);
    if (hyper.flag("layer_scale"))
        builder.add(prefix + ".ls2.gamma", {residual}, gamma);
    builder.endLayer();
}

void addHeads(SpecBuilder& builder, const HyperParameters& hyper, int residual) {
    const auto classes = hyper.integer("num_classes");
    if (classes == 0)
        return;
    const auto space = axis(builder.space("classes", classes, SpaceKind::Classes));
    const auto features = hyper.text("pool") == "both"
                              ? AxisLayout{{AxisSegment{{residual}}, AxisSegment{{residual}}}}
                              : axis(residual);
    for (const auto name : {"head", "head_dist"}) {
        if (name == std::string_view("head_dist") && !hyper.flag("distilled"))
            continue;
        auto& weight =
            builder.add(fmt::format("{}.weight", name), {space, features}, truncNormal());
        weight.isClassifier = true;
        weight.positions = 1;
        if (hyper.flag("head_bias"))
            builder.add(fmt::format("{}.bias", name), {space}, zeros()).isClassifier = true;
    }
}

/// The net under timm's names, with what only `dialect` has at its end.
Result<ModelSpec> buildStock(const HyperParameters& hyper, const VitDialect* dialect) {
    SpecBuilder builder(family, hyper);
    const auto patch = hyper.integer("patch"), channels = hyper.integer("channels");
    const auto grid = hyper.integer("image") / patch;
    const auto patches = grid * grid;

    const Common common{builder.space("residual", hyper.integer("dim"), SpaceKind::Residual),
                        builder.fixed("one", 1),
                        patches + prefixTokens(hyper)};
    const auto residual = axis(common.residual), one = axis(common.one);
    const int positions =
        builder.space("tokens", patches + vitPositionPrefix(hyper), SpaceKind::Tokens);

    if (hyper.flag("class_token"))
        builder.add("cls_token", {one, one, residual}, {InitRule::Normal, 1e-6});
    if (const auto count = hyper.integer("register_tokens"); count > 0)
        builder.add("reg_token",
                    {one, axis(builder.fixed("registers", count)), residual},
                    {InitRule::Normal, 1e-6});
    builder.add("pos_embed", {one, axis(positions), residual}, truncNormal());
    if (hyper.flag("distilled"))
        builder.add("dist_token", {one, one, residual}, truncNormal());
    const auto pixels = torchDefault(channels * patch * patch);
    builder
        .add("patch_embed.proj.weight",
             {residual,
              axis(builder.fixed("patch.channels", channels)),
              axis(builder.fixed("patch.height", patch)),
              axis(builder.fixed("patch.width", patch))},
             pixels)
        .positions = patches;
    if (hyper.flag("pre_norm"))
        builder.norm("norm_pre", common.residual);
    else
        builder.add("patch_embed.proj.bias", {residual}, pixels);
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addBlock(builder, hyper, common, i);
    builder.norm(hyper.flag("fc_norm") ? "fc_norm" : "norm", common.residual);
    addHeads(builder, hyper, common.residual);
    if (dialect && dialect->hasMaskToken)
        builder.add("mask_token", {one, residual}, zeros());
    if (dialect && dialect->hasPooler && hyper.flag("pooler"))
        builder.linear("pooler.dense",
                       axis(builder.space("pooler", hyper.integer("dim"), SpaceKind::Channels)),
                       residual,
                       truncNormal(),
                       zeros(),
                       1);
    auto spec = builder.finish();
    if (spec)
        spec->attentions.assign(static_cast<std::size_t>(hyper.integer("depth")),
                                {1, common.tokens, hyper.integer("dim")});
    return spec;
}

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*vitNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    const auto* dialect = vitDialect(hyper);
    auto spec = buildStock(hyper, dialect);
    if (!spec || !dialect)
        return spec;
    return respellVit(std::move(*spec), *dialect);
}

} // namespace

constinit const Family vitFamily{"vit",
                                 "Vision transformer: ViT, DeiT, DINOv2, CLIP's image tower",
                                 recognizeVit,
                                 build,
                                 vitNamed,
                                 vitNames,
                                 follow,
                                 vitConfigured,
                                 isVitLeftover};

std::int64_t prefixTokens(const HyperParameters& hyper) {
    return (hyper.flag("class_token") ? 1 : 0) + (hyper.flag("distilled") ? 1 : 0) +
           hyper.integer("register_tokens");
}

std::int64_t positionPrefix(const ModelSpec& spec) { return vitPositionPrefix(spec.hyper); }

} // namespace heirloom
