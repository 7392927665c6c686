// SPDX-License-Identifier: GPL-3.0-or-later
//
// GPT-2 (Radford et al. 2019) under transformers' names. Source: transformers, models/gpt2.
//
//   dim          width of the residual stream
//   depth        blocks
//   heads        attention heads; dim is a multiple of it; follows dim at the same head size
//   mlp          hidden size of each MLP; follows dim in the same ratio
//   vocab        rows of the word embedding wte
//   positions    rows of the position table wpe
//   num_classes  of head=classifier, else 0
//   head         lm (next token), classifier (score.weight), none
//   tied         head=lm: its matrix is wte, and lm_head.weight stands in no file
//   wrapper      names start with "transformer.": files of GPT2Model, OpenAI's own too, do without
//
// Pre-norm, LayerNorm eps 1e-5, GELU by tanh. Matrices of c_attn, c_proj and c_fc are [in, out]
// (transformers' Conv1D); c_attn's second axis is [q | k | v].
#include "core/model/ConfigValues.h"
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"
#include "core/model/families/TextHead.h"
#include "core/model/families/TextNames.h"
#include "core/model/families/TextSizes.h"
#include "core/model/families/TextWriter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace heirloom {
namespace {

const std::string family = "gpt2";
constexpr Draw matrix{InitRule::Normal, 0.02};

struct Size {
    std::string_view name;
    std::int64_t dim, depth, heads;
};
constexpr std::array<Size, 5> sizes = {{{"distilgpt2", 768, 6, 12},
                                        {"gpt2", 768, 12, 12},
                                        {"gpt2-medium", 1024, 24, 16},
                                        {"gpt2-large", 1280, 36, 20},
                                        {"gpt2-xl", 1600, 48, 25}}};

std::optional<HyperParameters> named(std::string_view name) {
    for (const auto& size : sizes) {
        if (!sameModelName(name, size.name))
            continue;
        HyperParameters hyper;
        hyper.set("dim", size.dim);
        hyper.set("depth", size.depth);
        hyper.set("heads", size.heads);
        hyper.set("mlp", 4 * size.dim);
        hyper.set("vocab", std::int64_t{50257});
        hyper.set("positions", std::int64_t{1024});
        hyper.set("num_classes", std::int64_t{0});
        hyper.set("head", std::string("lm"));
        hyper.set("tied", true);
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
    followTextHead(changed, before, given);
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "mlp", "heads", "positions"})
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

/// transformers' Conv1D: [in, out].
void addConv1d(TextWriter& writer,
               const std::string& role,
               const AxisLayout& in,
               const AxisLayout& out,
               Draw draw) {
    writer.add(role + ".weight", {in, out}, draw).positions = perTextToken;
    writer.add(role + ".bias", {out}, zeros());
}

void addBlock(SpecBuilder& builder,
              TextWriter& writer,
              const HyperParameters& hyper,
              const AxisLayout& residual,
              int index) {
    const auto block = fmt::format("h.{}", index);
    builder.beginLayer("layers", index, writer.spelled(block));
    const auto spaces = fmt::format("layers.{}", index);
    const auto headDim = hyper.integer("dim") / hyper.integer("heads");
    const int heads = builder.space(spaces + ".heads", hyper.integer("heads"), SpaceKind::Heads);
    const int qk = builder.space(spaces + ".qk_dim", headDim, SpaceKind::HeadDim);
    const int v = builder.space(spaces + ".v_dim", headDim, SpaceKind::HeadDim);
    const auto mlp = axis(builder.space(spaces + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp));
    const AxisLayout qkv{
        {AxisSegment{{heads, qk}}, AxisSegment{{heads, qk}}, AxisSegment{{heads, v}}}};
    // matrices that write into the residual stream start smaller, by the number of such
    const Draw writing{InitRule::Normal,
                       0.02 / std::sqrt(2 * static_cast<double>(hyper.integer("depth")))};

    writer.norm(block + ".ln_1", residual, true);
    addConv1d(writer, block + ".attn.c_attn", residual, qkv, matrix);
    addConv1d(writer, block + ".attn.c_proj", axis({heads, v}), residual, writing);
    writer.norm(block + ".ln_2", residual, true);
    addConv1d(writer, block + ".mlp.c_fc", residual, mlp, matrix);
    addConv1d(writer, block + ".mlp.c_proj", mlp, residual, writing);
    builder.attention({1, perTextToken, hyper.integer("dim")});
    builder.endLayer();
}

Result<ModelSpec> build(const HyperParameters& given) {
    auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    settleTextHead(hyper);
    SpecBuilder builder(family, hyper);
    TextWriter writer(builder, hyper.flag("wrapper") ? "transformer." : "");
    const auto residual =
        axis(builder.space("residual", hyper.integer("dim"), SpaceKind::Residual));
    const auto vocabulary = axis(builder.fixed("vocabulary", hyper.integer("vocab")));
    // a tied word embedding multiplies once a token as the output matrix
    writer.add("wte.weight", {vocabulary, residual}, matrix).positions =
        hyper.flag("tied") ? perTextToken : 0;
    writer.add("wpe.weight",
               {axis(builder.space("positions", hyper.integer("positions"), SpaceKind::Positions)),
                residual},
               matrix);
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addBlock(builder, writer, hyper, residual, i);
    writer.norm("ln_f", residual, true);
    addTextHead(builder, hyper, vocabulary, residual, writer.spelled("wte.weight"));
    return builder.finish();
}

void guessHeads(HyperParameters& hyper, std::vector<std::string>& notes) {
    const auto dim = hyper.integer("dim");
    for (const auto& size : sizes)
        if (size.dim == dim && size.depth == hyper.integer("depth") &&
            hyper.integer("mlp") == 4 * dim)
            return hyper.set("heads", size.heads);
    assumeHeads(hyper, headsOf(dim, {64, 32, 16, 12, 8}), notes);
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    const bool isWrapped = table.has("transformer.wte.weight");
    const std::string prefix = isWrapped ? "transformer." : "";
    if (table.rank(prefix + "wte.weight") != 2 || table.rank(prefix + "wpe.weight") != 2 ||
        table.rank(prefix + "h.0.attn.c_attn.weight") != 2)
        return std::nullopt;
    auto hyper = *named(family);
    hyper.set("dim", table.size(prefix + "wte.weight", 1));
    hyper.set("vocab", table.size(prefix + "wte.weight", 0));
    hyper.set("positions", table.size(prefix + "wpe.weight", 0));
    hyper.set("depth", table.count(prefix + "h", "attn.c_attn.weight"));
    hyper.set("mlp", table.size(prefix + "h.0.mlp.c_fc.weight", 1));
    hyper.set("wrapper", isWrapped);
    readTextHead(hyper, table, isWrapped);
    hyper.set("tied", hyper.text("head") == "lm"); // GPT-2's two always are one
    if (hyper.integer("dim") < 1 || hyper.integer("dim") > maximumWidth)
        return std::nullopt;
    guessHeads(hyper, notes);
    return hyper;
}

std::optional<HyperParameters> configured(const nlohmann::json& config) {
    if (configText(config, "model_type") != "gpt2")
        return std::nullopt;
    auto hyper = *named(family);
    const auto read = [&](const char* name, const char* key) {
        hyper.set(name, configInteger(config, key, hyper.integer(name)));
    };
    read("dim", "n_embd");
    read("depth", "n_layer");
    read("heads", "n_head");
    read("vocab", "vocab_size");
    read("positions", "n_positions");
    const auto dim = std::clamp(hyper.integer("dim"), std::int64_t{0}, maximumWidth);
    hyper.set("mlp", configInteger(config, "n_inner", 4 * dim));
    configuredTextHead(hyper, config, true);
    return hyper;
}

/// Causal masks that files of before 2023 store in every block.
bool isLeftover(const TensorInfo& tensor) {
    return tensor.name.ends_with(".attn.bias") || tensor.name.ends_with(".attn.masked_bias");
}

} // namespace

constinit const Family gpt2Family{"gpt2",
                                  "GPT-2 (transformers' names)",
                                  recognize,
                                  build,
                                  named,
                                  names,
                                  follow,
                                  configured,
                                  isLeftover};

} // namespace heirloom
