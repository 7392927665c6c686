// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of vision transformers outside timm.
// Sources: transformers 5, models/{vit,deit,dinov2,dinov2_with_registers,clip}/modeling_*.py, and
// conversion_mapping.py for the names of transformers 4, which saved files still have;
// torchvision, models/vision_transformer.py.
#include "core/model/families/VitDialects.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

constexpr std::array vitFront = {
    Word{"cls_token", "embeddings.cls_token"},
    Word{"mask_token", "embeddings.mask_token"},
    Word{"pos_embed", "embeddings.position_embeddings"},
    Word{"dist_token", "embeddings.distillation_token"},
    Word{"reg_token", "embeddings.register_tokens"},
    Word{"patch_embed.proj", "embeddings.patch_embeddings.projection"}};
constexpr std::array vitBack = {Word{"norm", "layernorm"}, Word{"pooler.dense", "pooler.dense"}};
constexpr std::array plainHead = {Word{"head", "classifier"}};
constexpr std::array twoHeads = {Word{"head", "cls_classifier"},
                                 Word{"head_dist", "distillation_classifier"}};

constexpr std::array vitBlock = {Word{"attn.qkv", "attention.q_proj", 0, 3},
                                 Word{"attn.qkv", "attention.k_proj", 1, 3},
                                 Word{"attn.qkv", "attention.v_proj", 2, 3},
                                 Word{"attn.proj", "attention.o_proj"},
                                 Word{"norm1", "layernorm_before"},
                                 Word{"norm2", "layernorm_after"},
                                 Word{"mlp.fc1", "mlp.fc1"},
                                 Word{"mlp.fc2", "mlp.fc2"}};
constexpr std::array vitBlock4 = {Word{"attn.qkv", "attention.attention.query", 0, 3},
                                  Word{"attn.qkv", "attention.attention.key", 1, 3},
                                  Word{"attn.qkv", "attention.attention.value", 2, 3},
                                  Word{"attn.proj", "attention.output.dense"},
                                  Word{"mlp.fc1", "intermediate.dense"},
                                  Word{"mlp.fc2", "output.dense"},
                                  Word{"norm1", "layernorm_before"},
                                  Word{"norm2", "layernorm_after"}};

constexpr std::array dinoBlock = {Word{"norm1", "norm1"},
                                  Word{"attn.qkv", "attention.q_proj", 0, 3},
                                  Word{"attn.qkv", "attention.k_proj", 1, 3},
                                  Word{"attn.qkv", "attention.v_proj", 2, 3},
                                  Word{"attn.proj", "attention.o_proj"},
                                  Word{"ls1.gamma", "layer_scale1.lambda1"},
                                  Word{"norm2", "norm2"},
                                  Word{"mlp.fc1", "mlp.fc1"},
                                  Word{"mlp.fc2", "mlp.fc2"},
                                  Word{"ls2.gamma", "layer_scale2.lambda1"}};
constexpr std::array dinoBlock4 = {Word{"norm1", "norm1"},
                                   Word{"attn.qkv", "attention.attention.query", 0, 3},
                                   Word{"attn.qkv", "attention.attention.key", 1, 3},
                                   Word{"attn.qkv", "attention.attention.value", 2, 3},
                                   Word{"attn.proj", "attention.output.dense"},
                                   Word{"ls1.gamma", "layer_scale1.lambda1"},
                                   Word{"norm2", "norm2"},
                                   Word{"mlp.fc1", "mlp.fc1"},
                                   Word{"mlp.fc2", "mlp.fc2"},
                                   Word{"ls2.gamma", "layer_scale2.lambda1"}};
// SwiGLU: gate before value in timm's packed fc1
constexpr std::array dinoGatedBlock = {Word{"norm1", "norm1"},
                                       Word{"attn.qkv", "attention.q_proj", 0, 3},
                                       Word{"attn.qkv", "attention.k_proj", 1, 3},
                                       Word{"attn.qkv", "attention.v_proj", 2, 3},
                                       Word{"attn.proj", "attention.o_proj"},
                                       Word{"ls1.gamma", "layer_scale1.lambda1"},
                                       Word{"norm2", "norm2"},
                                       Word{"mlp.fc1", "mlp.gate_proj", 0, 2},
                                       Word{"mlp.fc1", "mlp.up_proj", 1, 2},
                                       Word{"mlp.fc2", "mlp.down_proj"},
                                       Word{"ls2.gamma", "layer_scale2.lambda1"}};
constexpr std::array dinoGatedBlock4 = {Word{"norm1", "norm1"},
                                        Word{"attn.qkv", "attention.attention.query", 0, 3},
                                        Word{"attn.qkv", "attention.attention.key", 1, 3},
                                        Word{"attn.qkv", "attention.attention.value", 2, 3},
                                        Word{"attn.proj", "attention.output.dense"},
                                        Word{"ls1.gamma", "layer_scale1.lambda1"},
                                        Word{"norm2", "norm2"},
                                        Word{"mlp.fc1", "mlp.weights_in"},
                                        Word{"mlp.fc2", "mlp.weights_out"},
                                        Word{"ls2.gamma", "layer_scale2.lambda1"}};

constexpr std::array clipFront = {
    Word{"cls_token", "embeddings.class_embedding", 0, 1, UnitAxes::Dropped},
    Word{"patch_embed.proj", "embeddings.patch_embedding"},
    Word{"pos_embed", "embeddings.position_embedding.weight", 0, 1, UnitAxes::Dropped},
    Word{"norm_pre", "pre_layrnorm"}}; // the library's own spelling
constexpr std::array clipBlock = {Word{"attn.qkv", "self_attn.k_proj", 1, 3},
                                  Word{"attn.qkv", "self_attn.v_proj", 2, 3},
                                  Word{"attn.qkv", "self_attn.q_proj", 0, 3},
                                  Word{"attn.proj", "self_attn.out_proj"},
                                  Word{"norm1", "layer_norm1"},
                                  Word{"mlp.fc1", "mlp.fc1"},
                                  Word{"mlp.fc2", "mlp.fc2"},
                                  Word{"norm2", "layer_norm2"}};
constexpr std::array clipBack = {Word{"norm", "post_layernorm"}};
constexpr std::array clipHead = {Word{"head", "visual_projection"}};

constexpr std::array torchFront = {Word{"cls_token", "class_token"},
                                   Word{"patch_embed.proj", "conv_proj"},
                                   Word{"pos_embed", "encoder.pos_embedding"}};
constexpr std::array torchBlock = {Word{"norm1", "ln_1"},
                                   Word{"attn.qkv.weight", "self_attention.in_proj_weight"},
                                   Word{"attn.qkv.bias", "self_attention.in_proj_bias"},
                                   Word{"attn.proj", "self_attention.out_proj"},
                                   Word{"norm2", "ln_2"},
                                   Word{"mlp.fc1", "mlp.0"},
                                   Word{"mlp.fc2", "mlp.3"}};
constexpr std::array torchBack = {Word{"norm", "encoder.ln"}};
constexpr std::array torchHead = {Word{"head", "heads.head"}};

using Words = std::span<const Word>;

constexpr VitDialect hugging(std::string_view names,
                             std::string_view wrapper,
                             std::string_view layer,
                             Words block,
                             Words head = plainHead) {
    const bool isDino = wrapper.starts_with("dino");
    return {.names = names,
            .wrapper = wrapper,
            .layer = layer,
            .front = vitFront,
            .block = block,
            .back = vitBack,
            .head = head,
            .hasMaskToken = isDino,
            .hasPooler = !isDino};
}

constexpr std::string_view five = "transformers", four = "transformers4";
constexpr std::string_view numbered = "encoder.layer.";

// A block with a gate comes after the plain one of its kind: see vitDialect().
constexpr std::array dialects = {hugging(five, "vit.", "layers.", vitBlock),
                                 hugging(five, "deit.", "layers.", vitBlock, twoHeads),
                                 hugging(five, "dinov2.", numbered, dinoBlock),
                                 hugging(five, "dinov2.", numbered, dinoGatedBlock),
                                 hugging(five, "dinov2_with_registers.", numbered, dinoBlock),
                                 hugging(five, "dinov2_with_registers.", numbered, dinoGatedBlock),
                                 hugging(four, "vit.", numbered, vitBlock4),
                                 hugging(four, "deit.", numbered, vitBlock4, twoHeads),
                                 hugging(four, "dinov2.", numbered, dinoBlock4),
                                 hugging(four, "dinov2.", numbered, dinoGatedBlock4),
                                 hugging(four, "dinov2_with_registers.", numbered, dinoBlock4),
                                 hugging(four, "dinov2_with_registers.", numbered, dinoGatedBlock4),
                                 VitDialect{.names = five,
                                            .wrapper = "vision_model.",
                                            .layer = "encoder.layers.",
                                            .front = clipFront,
                                            .block = clipBlock,
                                            .back = clipBack,
                                            .head = clipHead},
                                 VitDialect{.names = "torchvision",
                                            .wrapper = "",
                                            .layer = "encoder.layers.encoder_layer_",
                                            .front = torchFront,
                                            .block = torchBlock,
                                            .back = torchBack,
                                            .head = torchHead}};

/// The class of transformers that has such a net.
std::string_view wrapperOf(const HyperParameters& hyper) {
    if (hyper.flag("pre_norm"))
        return "vision_model.";
    if (hyper.flag("layer_scale"))
        return hyper.integer("register_tokens") > 0 ? "dinov2_with_registers." : "dinov2.";
    return hyper.flag("distilled") ? "deit." : "vit.";
}

} // namespace

std::span<const VitDialect> vitDialects() { return dialects; }

bool isVitNames(std::string_view names) {
    return names == "timm" ||
           std::ranges::find(dialects, names, &VitDialect::names) != dialects.end();
}

const VitDialect* vitDialect(const HyperParameters& hyper) {
    auto names = hyper.text("names");
    if (names == "timm")
        return nullptr;
    const auto wrapper = names == "torchvision" ? std::string_view{} : wrapperOf(hyper);
    if (wrapper == "vision_model.")
        names = five; // CLIP's names are the same in both versions
    const auto found = std::ranges::find_if(dialects, [&](const VitDialect& one) {
        return one.names == names && one.wrapper == wrapper;
    });
    if (found == dialects.end())
        return nullptr;
    return hyper.flag("swiglu") && found->hasMaskToken ? &*(found + 1) : &*found;
}

Result<ModelSpec> respellVit(ModelSpec timm, const VitDialect& dialect) {
    const auto base = dialect.base(timm.hyper.flag("wrapper"));
    const auto depth = timm.layers.size();
    Respelling respelling(std::move(timm));
    respelling.add(dialect.front, {}, base);
    for (std::size_t i = 0; i < depth; ++i)
        respelling.addLayer(dialect.block, i, fmt::format("{}{}{}", base, dialect.layer, i));
    respelling.add(dialect.back, {}, base);
    respelling.add(dialect.head);
    return respelling.finish();
}

} // namespace heirloom
