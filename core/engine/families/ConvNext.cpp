// SPDX-License-Identifier: GPL-3.0-or-later
//
// ConvNeXt and ConvNeXt V2 of core/model/families/ConvNext.cpp: LayerNorm eps 1e-6 (the last
// one 1e-12 in transformers), exact GELU. Source: timm, models/convnext.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

/// A linear layer over the last axis, stored as [out, in] or as a 1 x 1 convolution [out, in, 1,
/// 1].
at::Tensor project(const Linear& layer, const at::Tensor& x) {
    return at::linear(
        x, layer.weight.dim() == 2 ? layer.weight : layer.weight.flatten(1), layer.bias);
}

struct Block {
    Convolution depthwise;
    LayerNorm norm;
    Linear fc1, fc2;
    at::Tensor gamma, responseWeight, responseBias;

    Block(WeightTable& weights, const std::string& name)
        : depthwise(weights, name + ".conv_dw"), norm(weights, name + ".norm"),
          fc1(weights, name + ".mlp.fc1"), fc2(weights, name + ".mlp.fc2"),
          gamma(weights.find(name + ".gamma")),
          responseWeight(weights.find(name + ".mlp.grn.weight")),
          responseBias(weights.find(name + ".mlp.grn.bias")) {
        depthwise.groups = depthwise.weight.size(0);
        depthwise.padding = depthwise.weight.size(2) / 2;
    }

    /// Global response normalisation of ConvNeXt V2 (Woo et al. 2023) over [N, H, W, C].
    at::Tensor respond(const at::Tensor& x) const {
        const at::Tensor size = at::norm(x, 2, {1, 2}, /*keepdim=*/true);
        return x +
               at::addcmul(responseBias, responseWeight, x * (size / (size.mean(-1, true) + 1e-6)));
    }

    /// The MLP runs over the last axis, so channels go there and back.
    at::Tensor operator()(const at::Tensor& x) const {
        at::Tensor change = at::gelu(project(fc1, norm(depthwise(x).permute({0, 2, 3, 1}))));
        if (responseWeight.defined())
            change = respond(change);
        change = project(fc2, change);
        if (gamma.defined())
            change = change * gamma;
        return x + change.permute({0, 3, 1, 2});
    }
};

struct Stage {
    LayerNorm norm;
    Convolution downsample;
    std::vector<Block> blocks;

    Stage(WeightTable& weights, const std::string& name) {
        if (weights.has(name + ".downsample.1.weight")) {
            norm = LayerNorm(weights, name + ".downsample.0");
            downsample = Convolution(weights, name + ".downsample.1");
            downsample.stride = downsample.weight.size(2);
        }
        for (std::int64_t i = 0; weights.has(fmt::format("{}.blocks.{}.conv_dw.weight", name, i));
             ++i)
            blocks.emplace_back(weights, fmt::format("{}.blocks.{}", name, i));
    }

    at::Tensor operator()(at::Tensor x) const {
        if (downsample)
            x = downsample(norm.overChannels(x));
        for (const Block& block : blocks)
            x = block(x);
        return x;
    }
};

class ConvNext final : public Network {
public:
    ConvNext(std::string_view library, WeightTable weights)
        : Network(std::move(weights)), m_stem(m_weights, "stem.0"), m_stemNorm(m_weights, "stem.1"),
          m_norm(m_weights, "head.norm"), m_head(m_weights, "head.fc") {
        if (library == "transformers")
            m_norm.eps = 1e-12;
        m_stem.stride = m_stem.weight.size(2);
        for (std::int64_t i = 0; m_weights.has(fmt::format("stages.{}.blocks.0.conv_dw.weight", i));
             ++i)
            m_stages.emplace_back(m_weights, fmt::format("stages.{}", i));
    }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = m_stemNorm.overChannels(m_stem(channelsLast(input)));
        for (const Stage& stage : m_stages)
            x = stage(x);
        return m_head(m_norm(x.mean({2, 3})));
    }

private:
    Convolution m_stem;
    LayerNorm m_stemNorm;
    std::vector<Stage> m_stages;
    LayerNorm m_norm;
    Linear m_head;
};

} // namespace

Result<std::unique_ptr<Network>> makeConvNext(const ModelSpec&,
                                              std::string_view library,
                                              WeightTable weights) {
    return std::make_unique<ConvNext>(library, std::move(weights));
}

} // namespace heirloom
