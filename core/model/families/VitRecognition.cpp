// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/VitRecognition.h"

#include "core/model/ConfigValues.h"
#include "core/model/Families.h"
#include "core/model/SpecBuilder.h"
#include "core/model/families/VitDialects.h"
#include "core/model/families/VitNames.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace heirloom {
namespace {

constexpr std::int64_t timmHeadDim = 64;

constexpr Word same(std::string_view name) { return {name, name}; }
constexpr std::array timmOuter = {same("cls_token"),
                                  same("reg_token"),
                                  same("pos_embed"),
                                  same("dist_token"),
                                  same("patch_embed.proj"),
                                  same("norm_pre"),
                                  same("fc_norm"),
                                  same("head")};
constexpr std::array timmBlock = {
    same("attn.qkv"), same("attn.q_norm"), same("ls1.gamma"), same("mlp.fc1"), same("mlp.fc2")};

/// Whose names a file has, and where its blocks lie.
struct Spoken {
    const VitDialect* dialect = nullptr; ///< null: timm's
    bool isWrapped = false;

    [[nodiscard]] std::string base() const {
        return dialect ? dialect->base(isWrapped) : std::string{};
    }
    [[nodiscard]] std::string block(std::int64_t index) const {
        return dialect ? fmt::format("{}{}{}.", base(), dialect->layer, index)
                       : fmt::format("blocks.{}.", index);
    }
    [[nodiscard]] std::span<const Word> blockWords() const {
        return dialect ? dialect->block : std::span<const Word>(timmBlock);
    }
};

bool isThere(const TensorTable& table, const std::string& prefix, const Word& word) {
    return table.has(prefix + std::string(word.name)) ||
           table.has(fmt::format("{}{}.weight", prefix, word.name));
}

/// Whether a block has its attention and its MLP under these words.
bool hasBlock(const TensorTable& table, const std::string& prefix, std::span<const Word> words) {
    return std::ranges::all_of(words, [&](const Word& word) {
        const bool isMatrix = word.role == "attn.qkv" || word.role == "attn.qkv.weight" ||
                              word.role == "mlp.fc1" || word.role == "mlp.fc2";
        return !isMatrix || isThere(table, prefix, word);
    });
}

std::optional<Spoken> spokenBy(const TensorTable& table) {
    if (table.has("patch_embed.proj.weight") && hasBlock(table, "blocks.0.", timmBlock))
        return Spoken{};
    for (const auto& dialect : vitDialects())
        for (const bool isWrapped : {false, true}) {
            const Spoken spoken{&dialect, isWrapped};
            const auto patch = std::ranges::find(dialect.front, "patch_embed.proj", &Word::role);
            if (isThere(table, spoken.base(), *patch) &&
                hasBlock(table, spoken.block(0), dialect.block))
                return Spoken{&dialect, isWrapped && !dialect.wrapper.empty()};
        }
    return std::nullopt;
}

RoleTable rolesOf(const TensorTable& table, const Spoken& spoken) {
    RoleTable roles(table);
    if (spoken.dialect) {
        roles.add(spoken.dialect->front, {}, spoken.base());
        roles.add(spoken.dialect->back, {}, spoken.base());
        roles.add(spoken.dialect->head);
    } else {
        roles.add(timmOuter);
    }
    roles.add(spoken.blockWords(), "blocks.0.", spoken.block(0));
    return roles;
}

/// Sets image, embed_class and embed_registers from the number of position embeddings.
bool readPositions(HyperParameters& hyper,
                   std::int64_t positions,
                   std::vector<std::string>& notes) {
    const auto prefix = prefixTokens(hyper), registers = hyper.integer("register_tokens");
    const auto with = squareSide(positions - prefix), without = squareSide(positions);
    const auto beforeRegisters = registers > 0 ? squareSide(positions - prefix + registers) : 0;
    // Both can be squares (9 = 3² = 5 + 2²); nets with register tokens leave them out.
    const bool leavesOut = without > 0 && (with == 0 || registers > 0);
    const bool leavesRegistersOut = !leavesOut && beforeRegisters > 0;
    const auto side = leavesOut ? without : leavesRegistersOut ? beforeRegisters : with;
    if (side == 0) {
        notes.push_back(fmt::format(
            "{} position embeddings are no square grid, with or without {} extra tokens",
            positions,
            prefix));
        return false;
    }
    hyper.set("embed_class", !leavesOut || prefix == 0);
    hyper.set("embed_registers", !leavesRegistersOut);
    hyper.set("image", side * hyper.integer("patch"));
    return true;
}

/// Whether a net of this width and depth was published with such heads: no word about what is
/// certain.
const VitSize* publishedSize(const HyperParameters& hyper) {
    const auto dim = hyper.integer("dim"), depth = hyper.integer("depth");
    if (hyper.flag("swiglu"))
        return dim == vitGiant.dim && depth == vitGiant.depth ? &vitGiant : nullptr;
    const auto size = std::ranges::find(vitSizes, dim, &VitSize::dim);
    return size != vitSizes.end() && size->depth == depth && hyper.integer("mlp") == 4 * dim
               ? &*size
               : nullptr;
}

/// Heads leave no trace in names and shapes unless q and k are normalised.
void guessHeads(HyperParameters& hyper, const RoleTable& roles, std::vector<std::string>& notes) {
    const auto dim = hyper.integer("dim");
    if (const auto headDim = roles.size("blocks.0.attn.q_norm.weight", 0);
        headDim > 0 && dim % headDim == 0) {
        hyper.set("heads", dim / headDim);
        return;
    }
    if (const auto* size = publishedSize(hyper)) {
        hyper.set("heads", size->heads);
        return;
    }
    std::int64_t heads = 1;
    if (dim % timmHeadDim == 0) {
        heads = dim / timmHeadDim;
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

/// transformers' words for activations, where ours differ; others stay as they are.
std::string activationOf(const nlohmann::json& config, bool isClip) {
    const auto word = configText(config, "hidden_act");
    if (word.empty())
        return isClip ? "quick_gelu" : "gelu";
    if (word == "gelu_new" || word == "gelu_fast" || word == "gelu_pytorch_tanh")
        return "gelu_tanh";
    const bool isWord = std::ranges::all_of(word, [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    });
    return word == "swish" ? "silu" : isWord ? word.substr(0, 32) : "other";
}

std::string poolOf(const HyperParameters& hyper, const RoleTable& roles) {
    const auto features = roles.size("head.weight", 1);
    if (features > 0 && features == 2 * hyper.integer("dim"))
        return "both";
    return hyper.flag("class_token") && !hyper.flag("fc_norm") ? "token" : "avg";
}

} // namespace

std::int64_t squareSide(std::int64_t count) {
    if (count < 1 || count > maximumWidth * maximumWidth)
        return 0;
    const auto side = std::llround(std::sqrt(static_cast<double>(count)));
    return side * side == count ? side : 0;
}

std::string_view clipActivation(std::string_view names) {
    return names.starts_with("transformers") ? "quick_gelu" : "gelu";
}

bool isVitLeftover(const TensorInfo& tensor) {
    return tensor.name.ends_with("embeddings.position_ids");
}

std::int64_t vitPositionPrefix(const HyperParameters& hyper) {
    if (!hyper.flag("embed_class"))
        return 0;
    const auto all = prefixTokens(hyper);
    return hyper.flag("embed_registers", true) ? all : all - hyper.integer("register_tokens");
}

std::optional<HyperParameters> recognizeVit(std::span<const TensorInfo> tensors,
                                            std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    const auto spoken = spokenBy(table);
    if (!spoken || table.has("blocks.0.attn.q_bias")) // the latter is EVA-02's
        return std::nullopt;
    const auto roles = rolesOf(table, *spoken);
    const auto positionRank = roles.rank("pos_embed");
    if (roles.rank("patch_embed.proj.weight") != 4 || (positionRank != 2 && positionRank != 3) ||
        roles.rank("blocks.0.attn.qkv.weight") != 2 || roles.rank("blocks.0.mlp.fc1.weight") != 2)
        return std::nullopt;
    auto hyper = *vitNamed("vit");
    hyper.set("dim", roles.size("patch_embed.proj.weight", 0));
    std::int64_t depth = 1;
    while (hasBlock(table, spoken->block(depth), spoken->blockWords()))
        ++depth;
    hyper.set("depth", depth);
    hyper.set("mlp", roles.size("blocks.0.mlp.fc2.weight", 1));
    hyper.set("patch", roles.size("patch_embed.proj.weight", 2));
    hyper.set("channels", roles.size("patch_embed.proj.weight", 1));
    hyper.set("num_classes", roles.size("head.weight", 0));
    hyper.set("class_token", roles.has("cls_token"));
    hyper.set("distilled", roles.has("dist_token"));
    hyper.set("register_tokens", roles.size("reg_token", 1));
    hyper.set("layer_scale", roles.has("blocks.0.ls1.gamma"));
    hyper.set("qk_norm", roles.has("blocks.0.attn.q_norm.weight"));
    hyper.set("qkv_bias", roles.has("blocks.0.attn.qkv.bias"));
    hyper.set("swiglu", roles.size("blocks.0.mlp.fc1.weight", 0) == 2 * hyper.integer("mlp"));
    hyper.set("pre_norm", roles.has("norm_pre.weight"));
    hyper.set("head_bias", !roles.has("head.weight") || roles.has("head.bias"));
    hyper.set("fc_norm", roles.has("fc_norm.weight"));
    hyper.set("pool", poolOf(hyper, roles));
    if (spoken->dialect) {
        hyper.set("names", std::string(spoken->dialect->names));
        hyper.set("wrapper", spoken->isWrapped);
        hyper.set("pooler", table.has(spoken->base() + "pooler.dense.weight"));
    }
    if (hyper.flag("pre_norm")) {
        const auto act = clipActivation(hyper.text("names"));
        hyper.set("act", std::string(act));
        notes.push_back(fmt::format(
            "act={} assumed, for a file does not say; write act={} to change it",
            act,
            act == "gelu" ? "quick_gelu" : "gelu"));
    }
    for (const auto name : {"dim", "mlp", "patch", "channels"})
        if (hyper.integer(name) < 1)
            return std::nullopt;
    if (hyper.integer("register_tokens") > maximumWidth || hyper.integer("patch") > maximumWidth)
        return std::nullopt;
    if (!readPositions(hyper, roles.size("pos_embed", positionRank - 2), notes))
        return std::nullopt;
    guessHeads(hyper, roles, notes);
    return hyper;
}

std::optional<HyperParameters> vitConfigured(const nlohmann::json& config) {
    auto type = configText(config, "model_type");
    const auto* source = &config;
    if (type == "clip") {
        const auto vision = config.find("vision_config");
        if (vision == config.end() || !vision->is_object())
            return std::nullopt;
        source = &*vision;
        type = "clip_vision_model";
    }
    const bool isClip = type == "clip_vision_model";
    const bool isDino = type.starts_with("dinov2");
    if (type != "vit" && type != "deit" && type != "dinov2" && type != "dinov2_with_registers" &&
        !isClip)
        return std::nullopt;
    const auto dim = configInteger(*source, "hidden_size", 768);
    const auto ratio = configInteger(*source, "mlp_ratio", 4);
    if (dim < 1 || dim > maximumWidth || ratio < 1 || ratio > maximumWidth)
        return std::nullopt;
    auto hyper = *vitNamed("vit");
    hyper.set("names", std::string("transformers"));
    hyper.set("dim", dim);
    hyper.set("depth", configInteger(*source, "num_hidden_layers", 12));
    hyper.set("heads", configInteger(*source, "num_attention_heads", 12));
    hyper.set("mlp", isDino ? dim * ratio : configInteger(*source, "intermediate_size", 3072));
    hyper.set("patch", configInteger(*source, "patch_size", isClip ? 32 : isDino ? 14 : 16));
    hyper.set("image", configInteger(*source, "image_size", 224));
    hyper.set("channels", configInteger(*source, "num_channels", 3));
    hyper.set("qkv_bias", isClip || configFlag(*source, "qkv_bias", true));
    hyper.set("pre_norm", isClip);
    hyper.set("distilled", type == "deit");
    hyper.set("layer_scale", isDino);
    if (isDino && configFlag(*source, "use_swiglu_ffn", false)) {
        // two thirds of the hidden size, rounded up to a multiple of eight, as Dinov2SwiGLUFFN does
        hyper.set("swiglu", true);
        hyper.set("mlp", (dim * ratio * 2 / 3 + 7) / 8 * 8);
    }
    if (type == "dinov2_with_registers") {
        hyper.set("register_tokens", configInteger(*source, "num_register_tokens", 4));
        hyper.set("embed_registers", false);
    }
    const auto architecture = configClass(config);
    const bool hasHead = architecture.find("ForImageClassification") != std::string::npos;
    const bool isProjected = isClip && architecture.ends_with("WithProjection");
    hyper.set("num_classes",
              isProjected ? configInteger(*source, "projection_dim", 512)
              : hasHead   ? configClasses(config)
                          : std::int64_t{0});
    hyper.set("head_bias", !isProjected);
    hyper.set("pool", std::string(isDino && hasHead ? "both" : "token"));
    hyper.set("wrapper", hasHead || isClip);
    hyper.set("pooler", architecture == "ViTModel" || architecture == "DeiTModel");
    hyper.set("act", activationOf(*source, isClip));
    return hyper;
}

} // namespace heirloom
