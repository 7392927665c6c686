// SPDX-License-Identifier: GPL-3.0-or-later
//
// Vision transformers of core/model/families/Vit.cpp: pre-norm blocks, LayerNorm eps 1e-6 (CLIP
// 1e-5; ViT and DeiT of transformers 1e-12). Sources: timm, models/vision_transformer.py and
// deit.py; transformers, models/{vit,deit,dinov2,dinov2_with_registers,clip}/modeling_*.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"
#include "core/model/Families.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace heirloom {
namespace {

using Activation = at::Tensor (*)(const at::Tensor& x);

/// By the words of the hyper-parameter `act`.
constexpr std::array<std::pair<std::string_view, Activation>, 5> activations{{
    {"gelu", [](const at::Tensor& x) { return at::gelu(x); }},
    {"quick_gelu", [](const at::Tensor& x) { return x * at::sigmoid(1.702 * x); }},
    {"gelu_tanh", [](const at::Tensor& x) { return at::gelu(x, "tanh"); }},
    {"relu", [](const at::Tensor& x) { return at::relu(x); }},
    {"silu", [](const at::Tensor& x) { return at::silu(x); }},
}};

/// silu(gate) x value of [..., gate | value].
at::Tensor gated(const at::Tensor& x) {
    const auto parts = x.chunk(2, -1);
    return at::silu(parts[0]) * parts[1];
}

double normEps(const ModelSpec& model, std::string_view library) {
    if (model.hyper.flag("pre_norm"))
        return 1e-5;
    return library.starts_with("transformers") && !model.hyper.flag("layer_scale") ? 1e-12 : 1e-6;
}

struct Block {
    LayerNorm norm1, qNorm, kNorm, norm2;
    Linear qkv, projection, fc1, fc2;
    at::Tensor scale1, scale2;
    Activation activation;

    Block(WeightTable& weights, const std::string& name, Activation activation_, double eps)
        : norm1(weights, name + ".norm1", eps), norm2(weights, name + ".norm2", eps),
          qkv(weights, name + ".attn.qkv"), projection(weights, name + ".attn.proj"),
          fc1(weights, name + ".mlp.fc1"), fc2(weights, name + ".mlp.fc2"),
          scale1(weights.find(name + ".ls1.gamma")), scale2(weights.find(name + ".ls2.gamma")),
          activation(activation_) {
        if (weights.has(name + ".attn.q_norm.weight")) {
            qNorm = LayerNorm(weights, name + ".attn.q_norm", eps);
            kNorm = LayerNorm(weights, name + ".attn.k_norm", eps);
        }
    }

    at::Tensor attention(const at::Tensor& x, std::int64_t heads) const {
        const auto batch = x.size(0), tokens = x.size(1), dim = x.size(2);
        // unbind, not three index operations: each of those would add a zero fill to the backward
        // pass
        auto parts = qkv(x)
                         .reshape({batch, tokens, 3, heads, dim / heads})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);
        if (qNorm) {
            parts[0] = qNorm(parts[0]);
            parts[1] = kNorm(parts[1]);
        }
        const at::Tensor mixed = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return projection(mixed.transpose(1, 2).reshape({batch, tokens, dim}));
    }

    at::Tensor operator()(const at::Tensor& x, std::int64_t heads) const {
        at::Tensor change = attention(norm1(x), heads);
        const at::Tensor y = x + (scale1.defined() ? change * scale1 : change);
        change = fc2(activation(fc1(norm2(y))));
        return y + (scale2.defined() ? change * scale2 : change);
    }
};

class Vit final : public Network {
public:
    Vit(const ModelSpec& model, Activation activation, double eps, WeightTable weights)
        : Network(std::move(weights)), m_heads(model.hyper.integer("heads", 1)),
          m_image(static_cast<int>(model.hyper.integer("image"))),
          m_prefix(prefixTokens(model.hyper)), m_positionPrefix(positionPrefix(model)),
          m_pool(model.hyper.text("pool")), m_patch(m_weights, "patch_embed.proj"),
          m_position(m_weights.get("pos_embed")), m_registers(m_weights.find("reg_token")),
          m_head(m_weights, "head") {
        m_patch.stride = m_patch.weight.size(2);
        for (const char* name : {"cls_token", "dist_token"})
            if (m_weights.has(name))
                m_firstTokens.push_back(m_weights.get(name));
        if (m_weights.has("norm_pre.weight"))
            m_firstNorm = LayerNorm(m_weights, "norm_pre", eps);
        for (std::int64_t i = 0; m_weights.has(fmt::format("blocks.{}.norm1.weight", i)); ++i)
            m_blocks.emplace_back(m_weights, fmt::format("blocks.{}", i), activation, eps);
        m_normsAfterPooling = m_weights.has("fc_norm.weight");
        m_norm = LayerNorm(m_weights, m_normsAfterPooling ? "fc_norm" : "norm", eps);
        if (m_weights.has("head_dist.weight"))
            m_distilledHead = Linear(m_weights, "head_dist");
    }

    int imageSide() const override { return m_image; }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = embed(m_patch(input).flatten(2).transpose(1, 2));
        if (m_firstNorm)
            x = m_firstNorm(x);
        for (const Block& block : m_blocks)
            x = block(x, m_heads);
        if (!m_normsAfterPooling)
            x = m_norm(x);
        if (m_distilledHead)
            return (m_head(x.select(1, 0)) + m_distilledHead(x.select(1, 1))) / 2;
        x = pool(x);
        return m_head(m_normsAfterPooling ? m_norm(x) : x);
    }

private:
    at::Tensor pool(const at::Tensor& x) const {
        if (m_pool == "token")
            return x.select(1, 0);
        const at::Tensor mean = x.slice(1, m_prefix).mean(1);
        return m_pool == "avg" ? mean : at::cat({x.select(1, 0), mean}, 1);
    }

    /// Adds positions, and puts class, distillation and register tokens before the patches.
    at::Tensor embed(const at::Tensor& patches) const {
        const auto each = [&](const at::Tensor& token) {
            return token.expand({patches.size(0), -1, -1});
        };
        const bool coversPrefix = m_positionPrefix > 0;
        const bool coversRegisters = coversPrefix && m_positionPrefix == m_prefix;
        std::vector<at::Tensor> tokens;
        for (const at::Tensor& token : m_firstTokens)
            tokens.push_back(each(token));
        if (m_registers.defined() && (coversRegisters || !coversPrefix))
            tokens.push_back(each(m_registers));
        tokens.push_back(coversPrefix ? patches : patches + m_position);
        at::Tensor x = tokens.size() == 1 ? tokens.front() : at::cat(tokens, 1);
        if (!coversPrefix)
            return x;
        x = x + m_position;
        if (coversRegisters || !m_registers.defined())
            return x;
        return at::cat(
            {x.slice(1, 0, m_positionPrefix), each(m_registers), x.slice(1, m_positionPrefix)}, 1);
    }

    std::int64_t m_heads;
    int m_image;
    std::int64_t m_prefix; ///< tokens before the patches
    std::int64_t
        m_positionPrefix; ///< how many of them have a position: all, those but registers, none
    std::string m_pool;
    bool m_normsAfterPooling = false;
    Convolution m_patch;
    at::Tensor m_position, m_registers;
    std::vector<at::Tensor> m_firstTokens;
    std::vector<Block> m_blocks;
    LayerNorm m_firstNorm, m_norm;
    Linear m_head, m_distilledHead;
};

} // namespace

Result<std::unique_ptr<Network>> makeVit(const ModelSpec& model,
                                         std::string_view library,
                                         WeightTable weights) {
    const auto act = model.hyper.text("act");
    const auto known = std::ranges::find(
        activations, act.empty() ? "gelu" : act, &decltype(activations)::value_type::first);
    if (!model.hyper.flag("swiglu") && known == activations.end())
        return std::unexpected(
            Error{model.name,
                  fmt::format("its activation '{}' cannot be trained here; these can: {}",
                              act,
                              fmt::join(activations | std::views::keys, ", ")),
                  "Write act=gelu if it is one of these; selection and export work without "
                  "training"});
    const Activation activation = model.hyper.flag("swiglu") ? gated : known->second;
    return std::make_unique<Vit>(model, activation, normEps(model, library), std::move(weights));
}

} // namespace heirloom
