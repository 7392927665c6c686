// SPDX-License-Identifier: GPL-3.0-or-later
//
// EVA-02 (Fang et al. 2023) under timm's names. Source: timm, models/eva.py.
//
//   dim           width of the residual stream
//   depth         blocks
//   heads         attention heads of a multiple of four dimensions; follow dim / 64 where whole
//   mlp           hidden size of each MLP; follows dim as 8 / 3 of it, rounded down
//   patch, image  sides in pixels, square; image is a multiple of patch
//   channels      of the input image
//   num_classes   0: no head
//   class_token   a learnt first token
//   embed_class   pos_embed covers the class token too
//   scale_mlp     LayerNorm mlp.norm over the hidden units
//   scale_attn    LayerNorm attn.norm before attn.proj (EVA-02-CLIP)
//   fc_norm       the final norm comes after the mean over patches; else the class token is read
//   names         "timm": fused qkv with q_bias and v_bias, gate and value packed in mlp.fc1 (tiny,
//                 small); "timm-split": q_proj, k_proj, v_proj, fc1_g and fc1_x (base, large). The
//                 roles are those of "timm"
//
// LayerNorm eps 1e-6, SwiGLU, no bias on k. Positions are added, and q and k are rotated besides: a
// head is 2 directions x frequencies x pair, with pairs side by side (not halves as in Llama). The
// rotation has no parameters.
#include "core/model/Families.h"
#include "core/model/SpecBuilder.h"
#include "core/model/families/Dialect.h"
#include "core/model/families/Registry.h"
#include "core/model/families/VitRecognition.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

const std::string family = "eva02";
constexpr std::int64_t timmHeadDim = 64;

struct Published {
    std::string_view size, rest; ///< "eva02_tiny_patch14_224" is "tiny" and "patch14_224"
    std::int64_t dim, depth, patch, image, classes;
    bool isClip = false;
};
constexpr std::array<Published, 11> published = {
    {{"tiny", "patch14_224", 192, 12, 14, 224, 0},
     {"tiny", "patch14_336", 192, 12, 14, 336, 1000},
     {"small", "patch14_224", 384, 12, 14, 224, 0},
     {"small", "patch14_336", 384, 12, 14, 336, 1000},
     {"base", "patch14_224", 768, 12, 14, 224, 0},
     {"base", "patch14_448", 768, 12, 14, 448, 1000},
     {"base", "patch16_clip_224", 768, 12, 16, 224, 512, true},
     {"large", "patch14_224", 1024, 24, 14, 224, 0},
     {"large", "patch14_448", 1024, 24, 14, 448, 1000},
     {"large", "patch14_clip_224", 1024, 24, 14, 224, 768, true},
     {"large", "patch14_clip_336", 1024, 24, 14, 336, 768, true}}};

HyperParameters hyperOf(const Published& model) {
    const bool isSplit = model.dim > 384;
    HyperParameters hyper;
    hyper.set("dim", model.dim);
    hyper.set("depth", model.depth);
    hyper.set("heads", model.dim / timmHeadDim);
    hyper.set("mlp", model.dim * 8 / 3);
    hyper.set("patch", model.patch);
    hyper.set("image", model.image);
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", model.classes);
    hyper.set("class_token", true);
    hyper.set("embed_class", true);
    hyper.set("scale_mlp", isSplit);
    hyper.set("scale_attn", model.isClip);
    hyper.set("fc_norm", !model.isClip);
    hyper.set("names", std::string(isSplit ? "timm-split" : "timm"));
    return hyper;
}

std::string nameOf(const Published& model) {
    return fmt::format("eva02_{}_{}", model.size, model.rest);
}

std::optional<HyperParameters> named(std::string_view name) {
    if (name == family)
        return hyperOf(published[0]);
    for (const auto& model : published)
        if (name == nameOf(model))
            return hyperOf(model);
    return std::nullopt;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& model : published)
        all.push_back(nameOf(model));
    return all;
}

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    const auto isGiven = [&](std::string_view name) {
        return std::ranges::find(given, name) != given.end();
    };
    const auto dim = changed.integer("dim");
    if (dim == before.integer("dim") || dim > maximumWidth)
        return;
    if (!isGiven("heads") && dim % timmHeadDim == 0)
        changed.set("heads", dim / timmHeadDim);
    if (!isGiven("mlp"))
        changed.set("mlp", dim * 8 / 3);
}

Status check(const HyperParameters& hyper) {
    const auto dim = hyper.integer("dim"), heads = hyper.integer("heads");
    for (const auto name : {"dim", "mlp", "patch", "image", "channels", "heads"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (dim % (4 * heads) != 0) {
        auto error = fail(family,
                          "dim must be a multiple of four times heads, found dim={} and heads={}",
                          dim,
                          heads);
        error.error().advice = "Write heads=N with an N whose fourfold divides dim";
        return error;
    }
    if (hyper.integer("image") % hyper.integer("patch") != 0)
        return fail(family,
                    "image must be a multiple of patch, found image={} and patch={}",
                    hyper.integer("image"),
                    hyper.integer("patch"));
    if (!hyper.flag("fc_norm") && !hyper.flag("class_token"))
        return fail(family, "fc_norm=false needs a class token, but class_token=false");
    if (const auto names = hyper.text("names"); names != "timm" && names != "timm-split")
        return fail(family, "names must be timm or timm-split, found '{}'", names);
    return requireSize(family, hyper, "num_classes", 0, maximumClasses);
}

void addBlock(SpecBuilder& builder,
              const HyperParameters& hyper,
              int residualSpace,
              std::int64_t tokens,
              int index) {
    builder.beginLayer("blocks", index);
    const auto prefix = fmt::format("blocks.{}", index);
    const auto headDim = hyper.integer("dim") / hyper.integer("heads");
    const int heads = builder.space(prefix + ".heads", hyper.integer("heads"), SpaceKind::Heads);
    const int directions = builder.fixed("directions", 2), pair = builder.fixed("pair", 2);
    const int rotary = builder.space(prefix + ".rotary", headDim / 4, SpaceKind::Rotary);
    const int v = builder.space(prefix + ".v_dim", headDim, SpaceKind::HeadDim);
    const int mlp = builder.space(prefix + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp);
    const auto residual = axis(residualSpace);
    const AxisSegment rotated{{heads, directions, rotary, pair}}, value{{heads, v}};

    builder.norm(prefix + ".norm1", residualSpace);
    builder.add(prefix + ".attn.q_bias", {AxisLayout{{rotated}}}, zeros());
    builder.add(prefix + ".attn.v_bias", {AxisLayout{{value}}}, zeros());
    builder
        .add(prefix + ".attn.qkv.weight",
             {AxisLayout{{rotated, rotated, value}}, residual},
             truncNormal())
        .positions = tokens;
    if (hyper.flag("scale_attn")) {
        builder.add(prefix + ".attn.norm.weight", {AxisLayout{{value}}}, ones());
        builder.add(prefix + ".attn.norm.bias", {AxisLayout{{value}}}, zeros());
    }
    builder.linear(
        prefix + ".attn.proj", residual, AxisLayout{{value}}, truncNormal(), zeros(), tokens);
    builder.norm(prefix + ".norm2", residualSpace);
    // gate, then value
    builder.linear(prefix + ".mlp.fc1",
                   AxisLayout{{AxisSegment{{mlp}}, AxisSegment{{mlp}}}},
                   residual,
                   truncNormal(),
                   zeros(),
                   tokens);
    if (hyper.flag("scale_mlp"))
        builder.norm(prefix + ".mlp.norm", mlp);
    builder.linear(prefix + ".mlp.fc2", residual, axis(mlp), truncNormal(), zeros(), tokens);
    builder.endLayer();
}

constexpr Word same(std::string_view name) { return {name, name}; }
constexpr std::array front = {same("cls_token"), same("pos_embed"), same("patch_embed.proj")};
constexpr std::array back = {same("norm"), same("fc_norm"), same("head")};
constexpr std::array splitBlock = {same("norm1"),
                                   Word{"attn.qkv.weight", "attn.q_proj.weight", 0, 3},
                                   Word{"attn.q_bias", "attn.q_proj.bias"},
                                   Word{"attn.qkv.weight", "attn.k_proj.weight", 1, 3},
                                   Word{"attn.qkv.weight", "attn.v_proj.weight", 2, 3},
                                   Word{"attn.v_bias", "attn.v_proj.bias"},
                                   same("attn.norm"),
                                   same("attn.proj"),
                                   same("norm2"),
                                   Word{"mlp.fc1", "mlp.fc1_g", 0, 2},
                                   Word{"mlp.fc1", "mlp.fc1_x", 1, 2},
                                   same("mlp.norm"),
                                   same("mlp.fc2")};

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    SpecBuilder builder(family, hyper);
    const auto patch = hyper.integer("patch"), channels = hyper.integer("channels");
    const auto grid = hyper.integer("image") / patch;
    const auto tokens = grid * grid + prefixTokens(hyper);
    const auto depth = hyper.integer("depth");
    const int residualSpace = builder.space("residual", hyper.integer("dim"), SpaceKind::Residual);
    const auto residual = axis(residualSpace), one = axis(builder.fixed("one", 1));
    const int positions =
        builder.space("tokens", grid * grid + vitPositionPrefix(hyper), SpaceKind::Tokens);
    if (hyper.flag("class_token"))
        builder.add("cls_token", {one, one, residual}, truncNormal());
    builder.add("pos_embed", {one, axis(positions), residual}, truncNormal());
    const auto pixels = torchDefault(channels * patch * patch);
    builder
        .add("patch_embed.proj.weight",
             {residual,
              axis(builder.fixed("patch.channels", channels)),
              axis(builder.fixed("patch.height", patch)),
              axis(builder.fixed("patch.width", patch))},
             pixels)
        .positions = grid * grid;
    builder.add("patch_embed.proj.bias", {residual}, pixels);
    for (int i = 0; i < depth; ++i)
        addBlock(builder, hyper, residualSpace, tokens, i);
    builder.norm(hyper.flag("fc_norm") ? "fc_norm" : "norm", residualSpace);
    if (const auto classes = hyper.integer("num_classes"); classes > 0)
        builder.classifier("head",
                           builder.space("classes", classes, SpaceKind::Classes),
                           residualSpace,
                           truncNormal(),
                           zeros());
    auto spec = builder.finish();
    if (!spec)
        return spec;
    spec->attentions.assign(static_cast<std::size_t>(depth), {1, tokens, hyper.integer("dim")});
    if (hyper.text("names") == "timm")
        return spec;
    Respelling respelling(std::move(*spec));
    respelling.add(front);
    for (std::size_t i = 0; i < static_cast<std::size_t>(depth); ++i)
        respelling.addLayer(splitBlock, i, fmt::format("blocks.{}", i));
    respelling.add(back);
    return respelling.finish();
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    const bool isSplit = table.has("blocks.0.mlp.fc1_g.weight");
    const std::string attention = isSplit ? "attn.q_proj.weight" : "attn.qkv.weight";
    if (table.rank("patch_embed.proj.weight") != 4 || table.rank("pos_embed") != 3 ||
        !table.has(isSplit ? "blocks.0.attn.q_proj.bias" : "blocks.0.attn.q_bias") ||
        table.rank("blocks.0." + attention) != 2 || table.rank("blocks.0.mlp.fc2.weight") != 2)
        return std::nullopt;
    auto hyper = *named(family);
    const auto dim = table.size("patch_embed.proj.weight", 0),
               patch = table.size("patch_embed.proj.weight", 2);
    if (dim < 1 || patch < 1 || patch > maximumWidth)
        return std::nullopt;
    hyper.set("dim", dim);
    hyper.set("depth", table.count("blocks", attention));
    hyper.set("mlp", table.size("blocks.0.mlp.fc2.weight", 1));
    hyper.set("patch", patch);
    hyper.set("channels", table.size("patch_embed.proj.weight", 1));
    hyper.set("num_classes", table.size("head.weight", 0));
    hyper.set("class_token", table.has("cls_token"));
    hyper.set("scale_mlp", table.has("blocks.0.mlp.norm.weight"));
    hyper.set("scale_attn", table.has("blocks.0.attn.norm.weight"));
    hyper.set("fc_norm", table.has("fc_norm.weight"));
    hyper.set("names", std::string(isSplit ? "timm-split" : "timm"));
    const auto tokens = table.size("pos_embed", 1), prefix = prefixTokens(hyper);
    const auto with = squareSide(tokens - prefix), without = squareSide(tokens);
    if (with == 0 && without == 0) {
        notes.push_back(fmt::format("{} position embeddings are no square grid", tokens));
        return std::nullopt;
    }
    hyper.set("embed_class", with > 0);
    hyper.set("image", (with > 0 ? with : without) * patch);
    const auto heads = std::max<std::int64_t>(dim / timmHeadDim, 1);
    hyper.set("heads", heads);
    if (dim % timmHeadDim != 0)
        notes.push_back(fmt::format(
            "{} heads assumed, for a file does not say; write heads=N to change it", heads));
    return hyper;
}

} // namespace

constinit const Family eva02Family{
    "eva02", "EVA-02 (timm's names)", recognize, build, named, names, follow};

} // namespace heirloom
