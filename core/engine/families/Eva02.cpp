// SPDX-License-Identifier: GPL-3.0-or-later
//
// EVA-02 of core/model/families/Eva02.cpp (Fang et al. 2023): LayerNorm eps 1e-6, SwiGLU, q and k
// of the patches rotated. Source: timm, models/eva.py and layers/pos_embed_sincos.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"
#include "core/model/Families.h"

#include <cmath>

namespace heirloom {
namespace {

/// Side of the grid that all published nets count positions in: a finer grid has steps below one.
constexpr double kReferenceSide = 16;
constexpr double kTemperature = 10000;

/// Angles of the patches, each twice for a pair side by side: [side^2, headDim]; first the rows'
/// half of a head, then the columns'.
at::Tensor rotaryAngles(std::int64_t side, std::int64_t headDim, at::Device device) {
    const auto frequencies = headDim / 4;
    const auto options = at::TensorOptions(device).dtype(at::kFloat);
    const at::Tensor place = at::arange(side, options) / static_cast<double>(side) * kReferenceSide;
    const at::Tensor exponent = at::arange(frequencies, options) / static_cast<double>(frequencies);
    const at::Tensor along =
        place.unsqueeze(1) * at::pow(kTemperature, exponent).reciprocal().unsqueeze(0);
    const at::Tensor rows = along.unsqueeze(1).expand({side, side, frequencies});
    const at::Tensor columns = along.unsqueeze(0).expand({side, side, frequencies});
    return at::cat({rows, columns}, 2).reshape({side * side, headDim / 2}).repeat_interleave(2, 1);
}

struct Rotation {
    at::Tensor sine, cosine;

    Rotation(std::int64_t side, std::int64_t headDim, at::Device device) {
        const at::Tensor angles = rotaryAngles(side, headDim, device);
        sine = angles.sin();
        cosine = angles.cos();
    }

    /// \param x [N, heads, tokens, headDim]; the first `prefix` tokens stay
    at::Tensor operator()(const at::Tensor& x, std::int64_t prefix) const {
        const at::Tensor patches = x.slice(2, prefix);
        const at::Tensor turned =
            at::stack({-patches.slice(3, 1, c10::nullopt, 2), patches.slice(3, 0, c10::nullopt, 2)},
                      -1)
                .reshape(patches.sizes());
        return at::cat({x.slice(2, 0, prefix), patches * cosine + turned * sine}, 2);
    }
};

struct Block {
    LayerNorm norm1, attentionNorm, norm2, mlpNorm;
    at::Tensor qkv, qBias, vBias;
    Linear projection, fc1, fc2;

    Block(WeightTable& weights, const std::string& name)
        : norm1(weights, name + ".norm1"), norm2(weights, name + ".norm2"),
          qkv(weights.get(name + ".attn.qkv.weight")), qBias(weights.get(name + ".attn.q_bias")),
          vBias(weights.get(name + ".attn.v_bias")), projection(weights, name + ".attn.proj"),
          fc1(weights, name + ".mlp.fc1"), fc2(weights, name + ".mlp.fc2") {
        if (weights.has(name + ".attn.norm.weight"))
            attentionNorm = LayerNorm(weights, name + ".attn.norm");
        if (weights.has(name + ".mlp.norm.weight"))
            mlpNorm = LayerNorm(weights, name + ".mlp.norm");
    }

    at::Tensor attention(const at::Tensor& x,
                         std::int64_t heads,
                         const Rotation& rotation,
                         std::int64_t prefix) const {
        const auto batch = x.size(0), tokens = x.size(1), dim = x.size(2);
        const at::Tensor bias = at::cat({qBias, at::zeros_like(qBias), vBias});
        const auto parts = at::linear(x, qkv, bias)
                               .reshape({batch, tokens, 3, heads, dim / heads})
                               .permute({2, 0, 3, 1, 4})
                               .unbind(0);
        const at::Tensor mixed = at::scaled_dot_product_attention(
            rotation(parts[0], prefix), rotation(parts[1], prefix), parts[2]);
        const at::Tensor y = mixed.transpose(1, 2).reshape({batch, tokens, dim});
        return projection(attentionNorm ? attentionNorm(y) : y);
    }

    at::Tensor operator()(const at::Tensor& x,
                          std::int64_t heads,
                          const Rotation& rotation,
                          std::int64_t prefix) const {
        const at::Tensor y = x + attention(norm1(x), heads, rotation, prefix);
        const auto parts = fc1(norm2(y)).chunk(2, -1);
        const at::Tensor hidden = at::silu(parts[0]) * parts[1];
        return y + fc2(mlpNorm ? mlpNorm(hidden) : hidden);
    }
};

class Eva02 final : public Network {
public:
    Eva02(const ModelSpec& model, WeightTable weights)
        : Network(std::move(weights)), m_heads(model.hyper.integer("heads", 1)),
          m_image(static_cast<int>(model.hyper.integer("image"))),
          m_prefix(prefixTokens(model.hyper)), m_patch(m_weights, "patch_embed.proj"),
          m_position(m_weights.get("pos_embed")), m_classToken(m_weights.find("cls_token")),
          m_rotation(model.hyper.integer("image") / model.hyper.integer("patch", 1),
                     model.hyper.integer("dim") / m_heads,
                     m_position.device()),
          m_head(m_weights, "head") {
        m_patch.stride = m_patch.weight.size(2);
        for (std::int64_t i = 0; m_weights.has(fmt::format("blocks.{}.norm1.weight", i)); ++i)
            m_blocks.emplace_back(m_weights, fmt::format("blocks.{}", i));
        m_averages = m_weights.has("fc_norm.weight");
        m_norm = LayerNorm(m_weights, m_averages ? "fc_norm" : "norm");
    }

    int imageSide() const override { return m_image; }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = m_patch(input).flatten(2).transpose(1, 2);
        const bool coversClass = m_position.size(1) != x.size(1);
        if (!coversClass)
            x = x + m_position;
        if (m_classToken.defined())
            x = at::cat({m_classToken.expand({x.size(0), -1, -1}), x}, 1);
        if (coversClass)
            x = x + m_position;
        for (const Block& block : m_blocks)
            x = block(x, m_heads, m_rotation, m_prefix);
        return m_head(m_averages ? m_norm(x.slice(1, m_prefix).mean(1)) : m_norm(x).select(1, 0));
    }

private:
    std::int64_t m_heads;
    int m_image;
    std::int64_t m_prefix; ///< tokens before the patches
    Convolution m_patch;
    at::Tensor m_position, m_classToken;
    Rotation m_rotation;
    std::vector<Block> m_blocks;
    bool m_averages = false; ///< the mean of the patches, and the norm after it
    LayerNorm m_norm;
    Linear m_head;
};

} // namespace

Result<std::unique_ptr<Network>> makeEva02(const ModelSpec& model,
                                           std::string_view,
                                           WeightTable weights) {
    return std::make_unique<Eva02>(model, std::move(weights));
}

} // namespace heirloom
