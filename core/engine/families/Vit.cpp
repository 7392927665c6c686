// SPDX-License-Identifier: GPL-3.0-or-later
//
// Vision transformers of core/model/families/Vit.cpp: pre-norm blocks, exact GELU, LayerNorm eps
// 1e-6. Source: timm, models/vision_transformer.py and deit.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

struct Block {
    LayerNorm norm1, qNorm, kNorm, norm2;
    Linear qkv, projection, fc1, fc2;
    at::Tensor scale1, scale2;

    Block(WeightTable& weights, const std::string& name)
        : norm1(weights, name + ".norm1"), norm2(weights, name + ".norm2"),
          qkv(weights, name + ".attn.qkv"), projection(weights, name + ".attn.proj"),
          fc1(weights, name + ".mlp.fc1"), fc2(weights, name + ".mlp.fc2"),
          scale1(weights.find(name + ".ls1.gamma")), scale2(weights.find(name + ".ls2.gamma")) {
        if (weights.has(name + ".attn.q_norm.weight")) {
            qNorm = LayerNorm(weights, name + ".attn.q_norm");
            kNorm = LayerNorm(weights, name + ".attn.k_norm");
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
        change = fc2(at::gelu(fc1(norm2(y))));
        return y + (scale2.defined() ? change * scale2 : change);
    }
};

class Vit final : public Network {
public:
    Vit(const ModelSpec& model, WeightTable weights)
        : Network(std::move(weights)), m_heads(model.hyper.integer("heads", 1)),
          m_image(static_cast<int>(model.hyper.integer("image"))),
          m_averages(model.hyper.text("pool") == "avg"), m_patch(m_weights, "patch_embed.proj"),
          m_position(m_weights.get("pos_embed")), m_head(m_weights, "head") {
        m_patch.stride = m_patch.weight.size(2);
        for (const char* name : {"cls_token", "dist_token", "reg_token"})
            if (m_weights.has(name))
                m_prefix.push_back(m_weights.get(name));
        for (std::int64_t i = 0; m_weights.has(fmt::format("blocks.{}.norm1.weight", i)); ++i)
            m_blocks.emplace_back(m_weights, fmt::format("blocks.{}", i));
        m_normsAfterPooling = m_weights.has("fc_norm.weight");
        m_norm = LayerNorm(m_weights, m_normsAfterPooling ? "fc_norm" : "norm");
        if (m_weights.has("head_dist.weight"))
            m_distilledHead = Linear(m_weights, "head_dist");
    }

    int imageSide() const override { return m_image; }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = embed(m_patch(input).flatten(2).transpose(1, 2));
        for (const Block& block : m_blocks)
            x = block(x, m_heads);
        if (!m_normsAfterPooling)
            x = m_norm(x);
        if (m_distilledHead)
            return (m_head(x.select(1, 0)) + m_distilledHead(x.select(1, 1))) / 2;
        const auto prefix = prefixTokens();
        x = m_averages ? x.slice(1, prefix).mean(1) : x.select(1, 0);
        return m_head(m_normsAfterPooling ? m_norm(x) : x);
    }

private:
    std::int64_t prefixTokens() const {
        std::int64_t count = 0;
        for (const at::Tensor& token : m_prefix)
            count += token.size(1);
        return count;
    }

    /// Adds positions, and puts class, distillation and register tokens before the patches.
    at::Tensor embed(const at::Tensor& patches) const {
        const bool coversPrefix = m_position.size(1) != patches.size(1);
        std::vector<at::Tensor> tokens;
        for (const at::Tensor& token : m_prefix)
            tokens.push_back(token.expand({patches.size(0), -1, -1}));
        tokens.push_back(coversPrefix ? patches : patches + m_position);
        const at::Tensor x = tokens.size() == 1 ? tokens.front() : at::cat(tokens, 1);
        return coversPrefix ? x + m_position : x;
    }

    std::int64_t m_heads;
    int m_image;
    bool m_averages;
    bool m_normsAfterPooling = false;
    Convolution m_patch;
    at::Tensor m_position;
    std::vector<at::Tensor> m_prefix;
    std::vector<Block> m_blocks;
    LayerNorm m_norm;
    Linear m_head, m_distilledHead;
};

} // namespace

std::unique_ptr<Network> makeVit(const ModelSpec& model, WeightTable weights) {
    return std::make_unique<Vit>(model, std::move(weights));
}

} // namespace heirloom
