// SPDX-License-Identifier: GPL-3.0-or-later
//
// OPT (Zhang et al. 2022) under transformers' names. Source: transformers, models/opt.
//
//   dim          width of the residual stream
//   depth        layers
//   heads        attention heads; dim is a multiple of it; follows dim at the same head size
//   mlp          hidden size of each MLP; follows dim in the same ratio
//   word_dim     width of the word embedding; other than dim, project_in and project_out turn one
//                into the other (350m); follows dim where they are equal
//   vocab        rows of the word embedding
//   positions    longest text; the position table has two rows more
//   num_classes  of head=classifier, else 0
//   head         lm (next token), classifier (score.weight), none
//   tied         head=lm: its matrix is the word embedding, and lm_head.weight stands in no file
//   post_norm    norms after each addition, and none after the last layer (350m)
//   bias         on linear layers
//   wrapper      names of the decoder start with "model."
//
// LayerNorm eps 1e-5, ReLU.
#include "core/model/ConfigValues.h"
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"
#include "core/model/families/TextHead.h"
#include "core/model/families/TextNames.h"
#include "core/model/families/TextSizes.h"
#include "core/model/families/TextWriter.h"

#include <nlohmann/json.hpp>

#include <array>

namespace heirloom {
namespace {

const std::string family = "opt";
constexpr Draw matrix{InitRule::Normal, 0.02};
constexpr std::int64_t positionOffset = 2;

struct Size {
    std::string_view name;
    std::int64_t dim, depth, heads, wordDim;
};
constexpr std::array<Size, 8> sizes = {{{"opt-125m", 768, 12, 12, 768},
                                        {"opt-350m", 1024, 24, 16, 512},
                                        {"opt-1.3b", 2048, 24, 32, 2048},
                                        {"opt-2.7b", 2560, 32, 32, 2560},
                                        {"opt-6.7b", 4096, 32, 32, 4096},
                                        {"opt-13b", 5120, 40, 40, 5120},
                                        {"opt-30b", 7168, 48, 56, 7168},
                                        {"opt-66b", 9216, 64, 72, 9216}}};

std::optional<HyperParameters> named(std::string_view name) {
    for (const auto& size : sizes) {
        if (!sameModelName(name, size.name) && !(name == family && size.name == "opt-125m"))
            continue;
        HyperParameters hyper;
        hyper.set("dim", size.dim);
        hyper.set("depth", size.depth);
        hyper.set("heads", size.heads);
        hyper.set("mlp", 4 * size.dim);
        hyper.set("word_dim", size.wordDim);
        hyper.set("vocab", std::int64_t{50272});
        hyper.set("positions", std::int64_t{2048});
        hyper.set("num_classes", std::int64_t{0});
        hyper.set("head", std::string("lm"));
        hyper.set("tied", true);
        hyper.set("post_norm", size.wordDim != size.dim);
        hyper.set("bias", true);
        hyper.set("wrapper", true);
        return hyper;
    }
    return std::nullopt;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& size : sizes)
        all.emplace_back(size.name);
    return all;
}

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    followWidth(changed, before, given);
    if (!isGiven(given, "word_dim") && before.integer("word_dim") == before.integer("dim"))
        changed.set("word_dim", changed.integer("dim"));
    followTextHead(changed, before, given);
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "mlp", "heads", "word_dim", "positions"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (auto status = requireSize(family, hyper, "vocab", 1, maximumClasses); !status)
        return status;
    if (auto status = checkTextHead(family, hyper); !status)
        return status;
    return requireWholeHeads(family, hyper);
}

void addLayer(SpecBuilder& builder,
              TextWriter& writer,
              const HyperParameters& hyper,
              const AxisLayout& residual,
              int index) {
    const auto spaces = fmt::format("layers.{}", index);
    const auto layer = "decoder." + spaces;
    builder.beginLayer("layers", index, writer.spelled(layer));
    const bool hasBias = hyper.flag("bias");
    const auto headDim = hyper.integer("dim") / hyper.integer("heads");
    const int heads = builder.space(spaces + ".heads", hyper.integer("heads"), SpaceKind::Heads);
    const auto qk = axis({heads, builder.space(spaces + ".qk_dim", headDim, SpaceKind::HeadDim)});
    const auto v = axis({heads, builder.space(spaces + ".v_dim", headDim, SpaceKind::HeadDim)});
    const auto mlp = axis(builder.space(spaces + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp));

    writer.linear(layer + ".self_attn.k_proj", qk, residual, hasBias);
    writer.linear(layer + ".self_attn.v_proj", v, residual, hasBias);
    writer.linear(layer + ".self_attn.q_proj", qk, residual, hasBias);
    writer.linear(layer + ".self_attn.out_proj", residual, v, hasBias);
    writer.norm(layer + ".self_attn_layer_norm", residual, true);
    writer.linear(layer + ".fc1", mlp, residual, hasBias);
    writer.linear(layer + ".fc2", residual, mlp, hasBias);
    writer.norm(layer + ".final_layer_norm", residual, true);
    builder.attention({1, perTextToken, hyper.integer("dim")});
    builder.endLayer();
}

Result<ModelSpec> build(const HyperParameters& given) {
    auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    settleTextHead(hyper);
    SpecBuilder builder(family, hyper);
    TextWriter writer(builder, hyper.flag("wrapper") ? "model." : "");
    const auto residual =
        axis(builder.space("residual", hyper.integer("dim"), SpaceKind::Residual));
    const bool isProjected = hyper.integer("word_dim") != hyper.integer("dim");
    const auto words =
        isProjected ? axis(builder.space("words", hyper.integer("word_dim"), SpaceKind::Channels))
                    : residual;
    const auto vocabulary = axis(builder.fixed("vocabulary", hyper.integer("vocab")));
    // a tied word embedding multiplies once a token as the output matrix
    writer.add("decoder.embed_tokens.weight", {vocabulary, words}, matrix).positions =
        hyper.flag("tied") ? perTextToken : 0;
    writer.add(
        "decoder.embed_positions.weight",
        {axis(builder.space(
             "positions", hyper.integer("positions") + positionOffset, SpaceKind::Positions)),
         residual},
        matrix);
    if (isProjected) {
        writer.add("decoder.project_out.weight", {words, residual}, matrix).positions =
            perTextToken;
        writer.add("decoder.project_in.weight", {residual, words}, matrix).positions = perTextToken;
    }
    if (!hyper.flag("post_norm"))
        writer.norm("decoder.final_layer_norm", residual, true);
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addLayer(builder, writer, hyper, residual, i);
    addTextHead(builder, hyper, vocabulary, words, writer.spelled("decoder.embed_tokens.weight"));
    return builder.finish();
}

void guessHeads(HyperParameters& hyper, std::vector<std::string>& notes) {
    const auto dim = hyper.integer("dim");
    for (const auto& size : sizes)
        if (size.dim == dim && size.depth == hyper.integer("depth") &&
            hyper.integer("mlp") == 4 * dim)
            return hyper.set("heads", size.heads);
    assumeHeads(hyper, headsOf(dim, {64, 128, 32, 16, 8}), notes);
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    const bool isWrapped = table.has("model.decoder.embed_tokens.weight");
    const std::string decoder = isWrapped ? "model.decoder." : "decoder.";
    const auto first = decoder + "layers.0.";
    if (table.rank(decoder + "embed_tokens.weight") != 2 ||
        table.rank(decoder + "embed_positions.weight") != 2 ||
        table.rank(first + "self_attn.q_proj.weight") != 2 ||
        table.rank(first + "fc1.weight") != 2 || table.has(first + "encoder_attn.q_proj.weight"))
        return std::nullopt;
    auto hyper = *named(family);
    hyper.set("dim", table.size(decoder + "embed_positions.weight", 1));
    hyper.set("word_dim", table.size(decoder + "embed_tokens.weight", 1));
    hyper.set("vocab", table.size(decoder + "embed_tokens.weight", 0));
    hyper.set("positions", table.size(decoder + "embed_positions.weight", 0) - positionOffset);
    hyper.set("depth", table.count(decoder + "layers", "self_attn.q_proj.weight"));
    hyper.set("mlp", table.size(first + "fc1.weight", 0));
    hyper.set("post_norm", !table.has(decoder + "final_layer_norm.weight"));
    hyper.set("bias", table.has(first + "fc1.bias"));
    hyper.set("wrapper", isWrapped);
    readTextHead(hyper, table, isWrapped);
    hyper.set("tied", hyper.text("head") == "lm"); // OPT's two always are one
    if (hyper.integer("dim") < 1 || hyper.integer("dim") > maximumWidth)
        return std::nullopt;
    guessHeads(hyper, notes);
    return hyper;
}

std::optional<HyperParameters> configured(const nlohmann::json& config) {
    if (configText(config, "model_type") != "opt")
        return std::nullopt;
    auto hyper = *named(family);
    const auto read = [&](const char* name, const char* key, std::int64_t fallback) {
        hyper.set(name, configInteger(config, key, fallback));
    };
    read("dim", "hidden_size", hyper.integer("dim"));
    read("depth", "num_hidden_layers", hyper.integer("depth"));
    read("heads", "num_attention_heads", hyper.integer("heads"));
    read("mlp", "ffn_dim", hyper.integer("mlp"));
    read("word_dim", "word_embed_proj_dim", hyper.integer("dim"));
    read("vocab", "vocab_size", hyper.integer("vocab"));
    read("positions", "max_position_embeddings", hyper.integer("positions"));
    hyper.set("post_norm", !configFlag(config, "do_layer_norm_before", true));
    hyper.set("bias", configFlag(config, "enable_bias", true));
    configuredTextHead(hyper, config, true);
    return hyper;
}

} // namespace

constinit const Family optFamily{"opt",
                                 "OPT (transformers' names)",
                                 recognize,
                                 build,
                                 named,
                                 names,
                                 follow,
                                 configured,
                                 nullptr};

} // namespace heirloom
