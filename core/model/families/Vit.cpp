// SPDX-License-Identifier: GPL-3.0-or-later
//
// Vision transformers under timm's names: ViT (Dosovitskiy et al. 2021), DeiT and its distilled
// form (Touvron et al. 2021), DeiT-III (layer scale), DINOv2 (layer scale, register tokens).
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
//   pool             "token": the class token, "avg": the mean of the patch tokens
//   fc_norm          the final norm comes after pooling and is called fc_norm; timm's default
//                    with pool=avg
//
// LayerNorm eps 1e-6 (q_norm and k_norm too), exact GELU, pre-norm. State-dict order: cls_token,
// reg_token, pos_embed, dist_token, patch_embed, blocks, norm or fc_norm, head, head_dist.
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"
#include "core/model/families/VitNames.h"

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
    if ((isGiven("class_token") || isGiven("pool")) && !isGiven("fc_norm"))
        changed.set("fc_norm", changed.text("pool") == "avg");
}

Status check(const HyperParameters& hyper) {
    const auto dim = hyper.integer("dim"), heads = hyper.integer("heads");
    for (const auto name : {"dim", "mlp", "patch", "image", "channels", "heads"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (auto status = requireSize(family, hyper, "num_classes", 0, maximumClasses); !status)
        return status;
    if (auto status = requireSize(family, hyper, "register_tokens", 0, maximumWidth); !status)
        return status;
    if (dim % heads != 0) {
        auto error =
            fail(family, "dim must be a multiple of heads, found dim={} and heads={}", dim, heads);
        error.error().advice = "Write heads=N with an N that divides dim";
        return error;
    }
    if (hyper.integer("image") % hyper.integer("patch") != 0)
        return fail(family,
                    "image must be a multiple of patch, found image={} and patch={}",
                    hyper.integer("image"),
                    hyper.integer("patch"));
    const auto pool = hyper.text("pool");
    if (pool != "token" && pool != "avg")
        return fail(family, "pool must be token or avg, found '{}'", pool);
    if (pool == "token" && !hyper.flag("class_token"))
        return fail(family, "pool=token needs a class token, but class_token=false");
    if (hyper.flag("distilled") &&
        (!hyper.flag("class_token") || pool != "token" || hyper.integer("register_tokens") > 0))
        return fail(family,
                    "distilled=true needs class_token=true, pool=token and no register tokens");
    return {};
}

struct Common {
    int residual, one;
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

    builder.norm(prefix + ".norm1", common.residual);
    builder.add(prefix + ".attn.qkv.weight", {qkv, residual}, truncNormal());
    if (hyper.flag("qkv_bias"))
        builder.add(prefix + ".attn.qkv.bias", {qkv}, zeros());
    if (hyper.flag("qk_norm")) {
        builder.norm(prefix + ".attn.q_norm", qk);
        builder.norm(prefix + ".attn.k_norm", qk);
    }
    builder.linear(prefix + ".attn.proj", residual, axis({heads, v}), truncNormal(), zeros());
    // timm's LayerScale starts at 1e-5 (DINOv2); DeiT-III's own value was 1e-6
    const Draw gamma{InitRule::Constant, 1e-5};
    if (hyper.flag("layer_scale"))
        builder.add(prefix + ".ls1.gamma", {residual}, gamma);
    builder.norm(prefix + ".norm2", common.residual);
    builder.linear(prefix + ".mlp.fc1", axis(mlp), residual, truncNormal(), zeros());
    builder.linear(prefix + ".mlp.fc2", residual, axis(mlp), truncNormal(), zeros());
    if (hyper.flag("layer_scale"))
        builder.add(prefix + ".ls2.gamma", {residual}, gamma);
    builder.endLayer();
}

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*vitNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    SpecBuilder builder(family, hyper);
    const auto patch = hyper.integer("patch"), channels = hyper.integer("channels");
    const auto grid = hyper.integer("image") / patch;
    const auto tokens = grid * grid + (hyper.flag("embed_class") ? prefixTokens(hyper) : 0);

    const Common common{builder.space("residual", hyper.integer("dim"), SpaceKind::Residual),
                        builder.fixed("one", 1)};
    const auto residual = axis(common.residual), one = axis(common.one);
    const int positions = builder.space("tokens", tokens, SpaceKind::Tokens);

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
    builder.add("patch_embed.proj.weight",
                {residual,
                 axis(builder.fixed("patch.channels", channels)),
                 axis(builder.fixed("patch.height", patch)),
                 axis(builder.fixed("patch.width", patch))},
                pixels);
    builder.add("patch_embed.proj.bias", {residual}, pixels);
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addBlock(builder, hyper, common, i);
    builder.norm(hyper.flag("fc_norm") ? "fc_norm" : "norm", common.residual);
    if (const auto classes = hyper.integer("num_classes"); classes > 0) {
        const int space = builder.space("classes", classes, SpaceKind::Classes);
        builder.classifier("head", space, common.residual, truncNormal(), zeros());
        if (hyper.flag("distilled"))
            builder.classifier("head_dist", space, common.residual, truncNormal(), zeros());
    }
    return builder.finish();
}

/// Side of a square grid, or 0.
std::int64_t squareSide(std::int64_t count) {
    if (count < 1 || count > maximumWidth * maximumWidth)
        return 0;
    const auto side = std::llround(std::sqrt(static_cast<double>(count)));
    return side * side == count ? side : 0;
}

/// Sets image and embed_class from the number of position embeddings.
bool readPositions(HyperParameters& hyper,
                   std::int64_t positions,
                   std::vector<std::string>& notes) {
    const auto prefix = prefixTokens(hyper);
    const auto with = squareSide(positions - prefix), without = squareSide(positions);
    // Both can be squares (9 = 3² = 5 + 2²); nets with register tokens leave them out.
    const bool leavesOut = without > 0 && (with == 0 || hyper.integer("register_tokens") > 0);
    const auto side = leavesOut ? without : with;
    if (side == 0) {
        notes.push_back(fmt::format(
            "{} position embeddings are no square grid, with or without {} extra tokens",
            positions,
            prefix));
        return false;
    }
    hyper.set("embed_class", !leavesOut || prefix == 0);
    hyper.set("image", side * hyper.integer("patch"));
    return true;
}

/// Heads leave no trace in names and shapes unless q and k are normalised.
void guessHeads(HyperParameters& hyper, const TensorTable& table, std::vector<std::string>& notes) {
    const auto dim = hyper.integer("dim");
    if (const auto headDim = table.size("blocks.0.attn.q_norm.weight", 0);
        headDim > 0 && dim % headDim == 0) {
        hyper.set("heads", dim / headDim);
        return;
    }
    std::int64_t heads = 1;
    if (dim % timmHeadDim == 0) {
        heads = dim / timmHeadDim;
        // No word about what is certain: a published size.
        const auto size = std::ranges::find(vitSizes, dim, &VitSize::dim);
        if (size != vitSizes.end() && size->depth == hyper.integer("depth") &&
            hyper.integer("mlp") == 4 * dim) {
            hyper.set("heads", size->heads);
            return;
        }
    } else {
        for (const std::int64_t candidate : {8, 6, 4, 3, 2, 1})
            if (dim % candidate == 0 && dim / candidate >= 8) {
                heads = candidate;
                break;
            }
    }
    hyper.set("heads", heads);
    notes.push_back(
        fmt::format("{} heads of {} assumed, for a file does not say; write heads=N to change it",
                    heads,
                    dim / heads));
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    if (table.rank("patch_embed.proj.weight") != 4 || table.rank("pos_embed") != 3 ||
        table.rank("blocks.0.attn.qkv.weight") != 2 || table.rank("blocks.0.mlp.fc1.weight") != 2)
        return std::nullopt;
    auto hyper = *vitNamed(family);
    hyper.set("dim", table.size("patch_embed.proj.weight", 0));
    hyper.set("depth", table.count("blocks", "attn.qkv.weight"));
    hyper.set("mlp", table.size("blocks.0.mlp.fc1.weight", 0));
    hyper.set("patch", table.size("patch_embed.proj.weight", 2));
    hyper.set("channels", table.size("patch_embed.proj.weight", 1));
    hyper.set("num_classes", table.size("head.weight", 0));
    hyper.set("class_token", table.has("cls_token"));
    hyper.set("distilled", table.has("dist_token"));
    hyper.set("register_tokens", table.size("reg_token", 1));
    hyper.set("layer_scale", table.has("blocks.0.ls1.gamma"));
    hyper.set("qk_norm", table.has("blocks.0.attn.q_norm.weight"));
    hyper.set("qkv_bias", table.has("blocks.0.attn.qkv.bias"));
    const bool hasFcNorm = table.has("fc_norm.weight");
    hyper.set("fc_norm", hasFcNorm);
    hyper.set("pool", std::string(hyper.flag("class_token") && !hasFcNorm ? "token" : "avg"));
    for (const auto name : {"dim", "mlp", "patch", "channels"})
        if (hyper.integer(name) < 1)
            return std::nullopt;
    if (hyper.integer("register_tokens") > maximumWidth || hyper.integer("patch") > maximumWidth)
        return std::nullopt;
    if (!readPositions(hyper, table.size("pos_embed", 1), notes))
        return std::nullopt;
    guessHeads(hyper, table, notes);
    return hyper;
}

} // namespace

constinit const Family vitFamily{"vit",
                                 "Vision transformer: ViT, DeiT, DINOv2 (timm's names)",
                                 recognize,
                                 build,
                                 vitNamed,
                                 vitNames,
                                 follow};

std::int64_t prefixTokens(const HyperParameters& hyper) {
    return (hyper.flag("class_token") ? 1 : 0) + (hyper.flag("distilled") ? 1 : 0) +
           hyper.integer("register_tokens");
}

std::int64_t positionPrefix(const ModelSpec& spec) {
    return spec.family == family && spec.hyper.flag("embed_class") ? prefixTokens(spec.hyper) : 0;
}

} // namespace heirloom
