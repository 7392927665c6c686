// SPDX-License-Identifier: GPL-3.0-or-later
//
// ResNet of core/model/families/ResNet.cpp (He et al. 2016): basic and bottleneck blocks, wide and
// grouped ones. The stride of a bottleneck is in its 3 x 3 convolution. Source: torchvision,
// models/resnet.py; timm, models/resnet.py has the same names.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

struct Block {
    std::vector<Convolution> convolutions;
    std::vector<BatchNorm> norms;
    Convolution shortcut;
    BatchNorm shortcutNorm;

    Block(WeightTable& weights, const std::string& name, std::int64_t stride) {
        const bool isBottleneck = weights.has(name + ".conv3.weight");
        for (int i = 1; i <= (isBottleneck ? 3 : 2); ++i) {
            Convolution convolution(weights, fmt::format("{}.conv{}", name, i));
            convolution.padding = convolution.weight.size(2) / 2;
            if (i == (isBottleneck ? 2 : 1))
                convolution.stride = stride;
            if (!convolutions.empty()) // ResNeXt: fewer input channels a filter than the layer
                                       // before puts out
                convolution.groups =
                    convolutions.back().weight.size(0) / convolution.weight.size(1);
            convolutions.push_back(convolution);
            norms.emplace_back(weights, fmt::format("{}.bn{}", name, i));
        }
        if (weights.has(name + ".downsample.0.weight")) {
            shortcut = Convolution(weights, name + ".downsample.0", stride);
            shortcutNorm = BatchNorm(weights, name + ".downsample.1");
        }
    }

    at::Tensor operator()(const at::Tensor& x, Mode mode) const {
        at::Tensor change = x;
        for (std::size_t i = 0; i < convolutions.size(); ++i) {
            change = norms[i](convolutions[i](change), mode);
            if (i + 1 < convolutions.size())
                change = at::relu(change);
        }
        return at::relu(change + (shortcut ? shortcutNorm(shortcut(x), mode) : x));
    }
};

class ResNet final : public Network {
public:
    explicit ResNet(WeightTable weights)
        : Network(std::move(weights)), m_stem(m_weights, "conv1", 2), m_stemNorm(m_weights, "bn1"),
          m_head(m_weights, "fc") {
        m_stem.padding = m_stem.weight.size(2) / 2;
        for (int layer = 1; m_weights.has(fmt::format("layer{}.0.conv1.weight", layer)); ++layer)
            for (int i = 0; m_weights.has(fmt::format("layer{}.{}.conv1.weight", layer, i)); ++i)
                m_blocks.emplace_back(
                    m_weights, fmt::format("layer{}.{}", layer, i), layer > 1 && i == 0 ? 2 : 1);
    }

    at::Tensor forward(const at::Tensor& input, Mode mode) override {
        at::Tensor x = at::relu(m_stemNorm(m_stem(channelsLast(input)), mode));
        x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
        for (const Block& block : m_blocks)
            x = block(x, mode);
        return m_head(x.mean({2, 3}));
    }

private:
    Convolution m_stem;
    BatchNorm m_stemNorm;
    std::vector<Block> m_blocks;
    Linear m_head;
};

} // namespace

std::unique_ptr<Network> makeResNet(const ModelSpec&, WeightTable weights) {
    return std::make_unique<ResNet>(std::move(weights));
}

} // namespace heirloom
