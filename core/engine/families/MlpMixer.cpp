// SPDX-License-Identifier: GPL-3.0-or-later
//
// MLP-Mixer of core/model/families/MlpMixer.cpp (Tolstikhin et al. 2021): LayerNorm eps 1e-6, exact
// GELU. Source: timm, models/mlp_mixer.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

struct Block {
    LayerNorm norm1, norm2;
    Linear tokens1, tokens2, channels1, channels2;

    Block(WeightTable& weights, const std::string& name)
        : norm1(weights, name + ".norm1"), norm2(weights, name + ".norm2"),
          tokens1(weights, name + ".mlp_tokens.fc1"), tokens2(weights, name + ".mlp_tokens.fc2"),
          channels1(weights, name + ".mlp_channels.fc1"),
          channels2(weights, name + ".mlp_channels.fc2") {}

    at::Tensor operator()(const at::Tensor& x) const {
        const at::Tensor y =
            x + tokens2(at::gelu(tokens1(norm1(x).transpose(1, 2)))).transpose(1, 2);
        return y + channels2(at::gelu(channels1(norm2(y))));
    }
};

class MlpMixer final : public Network {
public:
    MlpMixer(const ModelSpec& model, WeightTable weights)
        : Network(std::move(weights)), m_image(static_cast<int>(model.hyper.integer("image"))),
          m_patch(m_weights, "stem.proj"), m_norm(m_weights, "norm"), m_head(m_weights, "head") {
        m_patch.stride = m_patch.weight.size(2);
        for (std::int64_t i = 0; m_weights.has(fmt::format("blocks.{}.norm1.weight", i)); ++i)
            m_blocks.emplace_back(m_weights, fmt::format("blocks.{}", i));
    }

    int imageSide() const override { return m_image; }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = m_patch(input).flatten(2).transpose(1, 2);
        for (const Block& block : m_blocks)
            x = block(x);
        return m_head(m_norm(x).mean(1));
    }

private:
    int m_image;
    Convolution m_patch;
    std::vector<Block> m_blocks;
    LayerNorm m_norm;
    Linear m_head;
};

} // namespace

Result<std::unique_ptr<Network>>
makeMlpMixer(const ModelSpec& model, std::string_view, WeightTable weights) {
    return std::make_unique<MlpMixer>(model, std::move(weights));
}

} // namespace heirloom
