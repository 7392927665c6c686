// SPDX-License-Identifier: GPL-3.0-or-later
//
// Llama (Touvron et al. 2023) and its kin under transformers' names: Mistral, Qwen2, Qwen3,
// TinyLlama, SmolLM. Source: transformers, models/llama, mistral, qwen2 and qwen3.
//
//   dim          width of the residual stream
//   depth        layers
//   heads        query heads, a multiple of kv_heads
//   kv_heads     key and value heads; follow heads at the same group size
//   head_dim     even; heads x head_dim need not be dim. Changed, it keeps the rows of q and k
//   mlp          hidden size of each gated MLP; follows dim in the same ratio
//   vocab        rows of the word embedding
//   num_classes  of head=classifier, else 0
//   kind         llama, mistral, qwen2, qwen3: the stock class; names and shapes of the first two
//                are the same
//   head         lm (next token), classifier (score.weight), none
//   tied         head=lm: its matrix is the word embedding, and lm_head.weight stands in no file
//   qkv_bias     on q_proj, k_proj and v_proj (Qwen2)
//   out_bias     on o_proj
//   mlp_bias     on gate_proj, up_proj and down_proj
//   qk_norm      RMSNorm over head_dim on q and k (Qwen3)
//   wrapper      names of the decoder start with "model."
//
// Pre-norm, RMSNorm, SiLU. Rotary embedding by halves: dimension i of a head turns with i +
// head_dim / 2, so q and k are heads x halves x pairs, and a pair keeps its frequency.
#include "core/model/ConfigValues.h"
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/LlamaNames.h"
#include "core/model/families/Registry.h"
#include "core/model/families/TextHead.h"
#include "core/model/families/TextNames.h"
#include "core/model/families/TextWriter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace heirloom {
namespace {

const std::string family = "llama";
constexpr Draw matrix{InitRule::Normal, 0.02};

void followSizes(HyperParameters& changed,
                 const HyperParameters& before,
                 const std::vector<std::string>& given) {
    const auto dim = changed.integer("dim"), oldDim = before.integer("dim"),
               headDim = changed.integer("head_dim"), oldHeadDim = before.integer("head_dim"),
               oldHeads = before.integer("heads"), oldKv = before.integer("kv_heads");
    if (oldDim < 1 || oldHeadDim < 1 || oldHeads < 1 || oldKv < 1 || dim > maximumWidth ||
        headDim < 1)
        return;
    if (dim != oldDim && !isGiven(given, "mlp"))
        changed.set("mlp", inProportion(before.integer("mlp"), oldDim, dim));
    if (!isGiven(given, "heads")) {
        const auto rows = dim == oldDim                     ? oldHeads * oldHeadDim
                          : oldHeads * oldHeadDim == oldDim ? dim
                                                            : 0;
        if ((dim != oldDim || headDim != oldHeadDim) && rows > 0 && rows % headDim == 0)
            changed.set("heads", rows / headDim);
    }
    const auto heads = changed.integer("heads"), group = oldHeads / oldKv;
    if (heads != oldHeads && !isGiven(given, "kv_heads") && group > 0 && heads % group == 0)
        changed.set("kv_heads", heads / group);
}

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    followSizes(changed, before, given);
    if (const auto kind = changed.text("kind"); kind != before.text("kind")) {
        if (!isGiven(given, "qkv_bias"))
            changed.set("qkv_bias", kind == "qwen2");
        if (!isGiven(given, "qk_norm"))
            changed.set("qk_norm", kind == "qwen3");
    }
    followTextHead(changed, before, given);
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "mlp", "heads", "kv_heads", "head_dim"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (auto status = requireSize(family, hyper, "vocab", 1, maximumClasses); !status)
        return status;
    if (auto status = checkTextHead(family, hyper); !status)
        return status;
    if (std::ranges::find(llamaKinds, hyper.text("kind")) == llamaKinds.end())
        return fail(
            family, "kind must be llama, mistral, qwen2 or qwen3, found '{}'", hyper.text("kind"));
    if (hyper.integer("head_dim") % 2 != 0)
        return fail(family,
                    "head_dim must be even, for its halves turn together, found {}",
                    hyper.integer("head_dim"));
    if (hyper.integer("heads") % hyper.integer("kv_heads") != 0) {
        auto error = fail(family,
                          "heads must be a multiple of kv_heads, found heads={} and kv_heads={}",
                          hyper.integer("heads"),
                          hyper.integer("kv_heads"));
        error.error().advice = "Write kv_heads=N with an N that divides heads";
        return error;
    }
    return {};
}

void addLayer(SpecBuilder& builder,
              TextWriter& writer,
              const HyperParameters& hyper,
              const AxisLayout& residual,
              int index) {
    const auto layer = fmt::format("layers.{}", index);
    builder.beginLayer("layers", index, writer.spelled(layer));
    const auto kvHeads = hyper.integer("kv_heads"), headDim = hyper.integer("head_dim");
    const int halves = builder.fixed("halves", 2);
    const int kv = builder.space(layer + ".kv_heads", kvHeads, SpaceKind::Heads);
    const int group =
        builder.space(layer + ".group", hyper.integer("heads") / kvHeads, SpaceKind::Group);
    const int rotary = builder.space(layer + ".rotary", headDim / 2, SpaceKind::Rotary);
    const int v = builder.space(layer + ".v_dim", headDim, SpaceKind::HeadDim);
    const auto mlp = axis(builder.space(layer + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp));
    const bool qkvBias = hyper.flag("qkv_bias"), mlpBias = hyper.flag("mlp_bias");

    writer.linear(
        layer + ".self_attn.q_proj", axis({kv, group, halves, rotary}), residual, qkvBias);
    writer.linear(layer + ".self_attn.k_proj", axis({kv, halves, rotary}), residual, qkvBias);
    writer.linear(layer + ".self_attn.v_proj", axis({kv, v}), residual, qkvBias);
    writer.linear(
        layer + ".self_attn.o_proj", residual, axis({kv, group, v}), hyper.flag("out_bias"));
    if (hyper.flag("qk_norm")) {
        writer.norm(layer + ".self_attn.q_norm", axis({halves, rotary}), false);
        writer.norm(layer + ".self_attn.k_norm", axis({halves, rotary}), false);
    }
    writer.linear(layer + ".mlp.gate_proj", mlp, residual, mlpBias);
    writer.linear(layer + ".mlp.up_proj", mlp, residual, mlpBias);
    writer.linear(layer + ".mlp.down_proj", residual, mlp, mlpBias);
    writer.norm(layer + ".input_layernorm", residual, false);
    writer.norm(layer + ".post_attention_layernorm", residual, false);
    builder.attention({1, perTextToken, hyper.integer("heads") * headDim});
    builder.endLayer();
}

Result<ModelSpec> build(const HyperParameters& given) {
    auto hyper = overDefaults(*llamaNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    settleTextHead(hyper);
    SpecBuilder builder(family, hyper);
    TextWriter writer(builder, hyper.flag("wrapper") ? "model." : "");
    const auto residual =
        axis(builder.space("residual", hyper.integer("dim"), SpaceKind::Residual));
    const auto vocabulary = axis(builder.fixed("vocabulary", hyper.integer("vocab")));
    // a tied word embedding multiplies once a token as the output matrix
    writer.add("embed_tokens.weight", {vocabulary, residual}, matrix).positions =
        hyper.flag("tied") ? perTextToken : 0;
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addLayer(builder, writer, hyper, residual, i);
    writer.norm("norm", residual, false);
    addTextHead(builder, hyper, vocabulary, residual, writer.spelled("embed_tokens.weight"));
    return builder.finish();
}

/// What names and shapes cannot tell; `queryRows` = heads x head_dim, `keyRows` = kv_heads x
/// head_dim.
void guessHeads(HyperParameters& hyper,
                std::int64_t queryRows,
                std::int64_t keyRows,
                std::int64_t normSize,
                std::vector<std::string>& notes) {
    const auto setHeads = [&](std::int64_t headDim) {
        hyper.set("head_dim", headDim);
        hyper.set("heads", queryRows / headDim);
        hyper.set("kv_heads", keyRows / headDim);
    };
    if (normSize > 0 && queryRows % normSize == 0 && keyRows % normSize == 0)
        return setHeads(normSize);
    for (const auto& size : llamaSizes())
        if (size.dim == hyper.integer("dim") && size.heads * size.headDim == queryRows &&
            size.kvHeads * size.headDim == keyRows && size.mlp == hyper.integer("mlp"))
            return setHeads(size.headDim);
    const auto common = std::gcd(queryRows, keyRows);
    // models of 3 thousand and more have heads of 128, smaller ones mostly of 64
    std::vector<std::int64_t> candidates{64, 128, 32, 16, 8, 4, 2};
    if (hyper.integer("dim") >= 3072)
        std::swap(candidates[0], candidates[1]);
    for (const auto headDim : candidates)
        if (common % headDim == 0) {
            setHeads(headDim);
            notes.push_back(fmt::format("{} query heads of {} assumed, for a file does not say; "
                                        "write head_dim=N to change it",
                                        queryRows / headDim,
                                        headDim));
            return;
        }
    setHeads(common);
}

/// Mistral and Llama have the same tensors; an output matrix may be the word embedding again.
void guessKind(HyperParameters& hyper, const TensorTable& table) {
    const bool hasHead = table.has("lm_head.weight");
    hyper.set("kind",
              std::string(hyper.flag("qk_norm")                               ? "qwen3"
                          : hyper.flag("qkv_bias") && !hyper.flag("out_bias") ? "qwen2"
                                                                              : "llama"));
    hyper.set("tied", hyper.text("head") == "lm" && !hasHead);
    for (const auto& size : llamaSizes())
        if (size.dim == hyper.integer("dim") && size.depth == hyper.integer("depth") &&
            size.mlp == hyper.integer("mlp") && size.vocab == hyper.integer("vocab") &&
            size.kvHeads == hyper.integer("kv_heads")) {
            hyper.set("kind", std::string(size.kind));
            hyper.set("tied", hyper.text("head") == "lm" && (size.tied || !hasHead));
            return;
        }
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    const bool isWrapped = table.has("model.embed_tokens.weight");
    const std::string prefix = isWrapped ? "model." : "";
    const auto first = prefix + "layers.0.";
    if (table.rank(prefix + "embed_tokens.weight") != 2 ||
        table.rank(first + "self_attn.q_proj.weight") != 2 ||
        table.rank(first + "self_attn.k_proj.weight") != 2 ||
        table.rank(first + "mlp.gate_proj.weight") != 2)
        return std::nullopt;
    auto hyper = *llamaNamed(family);
    hyper.set("dim", table.size(prefix + "embed_tokens.weight", 1));
    hyper.set("vocab", table.size(prefix + "embed_tokens.weight", 0));
    hyper.set("depth", table.count(prefix + "layers", "self_attn.q_proj.weight"));
    hyper.set("mlp", table.size(first + "mlp.gate_proj.weight", 0));
    hyper.set("qkv_bias", table.has(first + "self_attn.q_proj.bias"));
    hyper.set("out_bias", table.has(first + "self_attn.o_proj.bias"));
    hyper.set("mlp_bias", table.has(first + "mlp.gate_proj.bias"));
    hyper.set("qk_norm", table.has(first + "self_attn.q_norm.weight"));
    hyper.set("wrapper", isWrapped);
    readTextHead(hyper, table, isWrapped);
    const auto queryRows = table.size(first + "self_attn.q_proj.weight", 0),
               keyRows = table.size(first + "self_attn.k_proj.weight", 0);
    if (hyper.integer("dim") < 1 || hyper.integer("dim") > maximumWidth || queryRows < 1 ||
        keyRows < 1 || queryRows > maximumWidth || keyRows > maximumWidth)
        return std::nullopt;
    guessHeads(hyper, queryRows, keyRows, table.size(first + "self_attn.q_norm.weight", 0), notes);
    guessKind(hyper, table);
    return hyper;
}

std::optional<HyperParameters> configured(const nlohmann::json& config) {
    const auto kind = configText(config, "model_type");
    if (std::ranges::find(llamaKinds, kind) == llamaKinds.end())
        return std::nullopt;
    auto hyper = *llamaNamed(family);
    hyper.set("kind", kind);
    const auto read = [&](const char* name, const char* key, std::int64_t fallback) {
        hyper.set(name, configInteger(config, key, fallback));
    };
    read("dim", "hidden_size", 4096);
    read("depth", "num_hidden_layers", 32);
    read("heads", "num_attention_heads", 32);
    read("kv_heads", "num_key_value_heads", hyper.integer("heads"));
    read("mlp", "intermediate_size", 11008);
    read("vocab", "vocab_size", 32000);
    const auto heads = hyper.integer("heads");
    read("head_dim",
         "head_dim",
         kind == "qwen3" ? 128
         : heads > 0     ? hyper.integer("dim") / heads
                         : 0);
    const bool attentionBias = configFlag(config, "attention_bias", false);
    hyper.set("qkv_bias", kind == "qwen2" || attentionBias);
    hyper.set("out_bias", attentionBias && kind != "qwen2");
    hyper.set("mlp_bias", configFlag(config, "mlp_bias", false));
    hyper.set("qk_norm", kind == "qwen3");
    configuredTextHead(hyper, config, false);
    return hyper;
}

/// Rotary frequencies that files of before 2024 store in every layer.
bool isLeftover(const TensorInfo& tensor) { return tensor.name.ends_with(".rotary_emb.inv_freq"); }

} // namespace

constinit const Family llamaFamily{"llama",
                                   "Llama, Mistral, Qwen2 and Qwen3 (transformers' names)",
                                   recognize,
                                   build,
                                   llamaNamed,
                                   llamaNames,
                                   follow,
                                   configured,
                                   isLeftover};

} // namespace heirloom
