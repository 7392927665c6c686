// SPDX-License-Identifier: GPL-3.0-or-later
//
// ResNet of core/model/families/ResNet.cpp (He et al. 2016): basic and bottleneck blocks, wide and
// grouped ones, and ResNet-D (He et al. 2019). The stride of a bottleneck is in its 3 x 3
// convolution. Source: torchvision, models/resnet.py; timm, models/resnet.py has the same names.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

/// The way round a block whose stride or number of channels differ from those of its input.
struct Shortcut {
    Convolution convolution;
    BatchNorm norm;
    bool averages = false;

    Shortcut() = default;
    Shortcut(WeightTable& weights, const std::string& name, std::int64_t stride) {
        // ResNet-D: the mean of 2 x 2 pixels comes first, as layer 0 without weights
        const bool isShifted = !weights.has(name + ".0.weight");
        convolution =
            Convolution(weights, name + (isShifted ? ".1" : ".0"), isShifted ? 1 : stride);
        norm = BatchNorm(weights, name + (isShifted ? ".2" : ".1"));
        averages = isShifted && stride > 1;
    }
    explicit operator bool() const { return static_cast<bool>(convolution); }

    at::Tensor operator()(const at::Tensor& x, Mode mode) const {
        return norm(
            convolution(averages ? at::avg_pool2d(x, {2, 2}, {2, 2}, {0, 0}, true, false) : x),
            mode);
    }
};

struct Block {
    std::vector<Convolution> convolutions;
    std::vector<BatchNorm> norms;
    Shortcut shortcut;

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
        if (weights.has(name + ".downsample.1.weight"))
            shortcut = Shortcut(weights, name + ".downsample", stride);
    }

    at::Tensor operator()(const at::Tensor& x, Mode mode) const {
        at::Tensor change = x;
        for (std::size_t i = 0; i < convolutions.size(); ++i) {
            change = norms[i](convolutions[i](change), mode);
            if (i + 1 < convolutions.size())
                change = at::relu(change);
        }
        return at::relu(change + (shortcut ? shortcut(x, mode) : x));
    }
};

class ResNet final : public Network {
public:
    explicit ResNet(WeightTable weights)
        : Network(std::move(weights)), m_stemNorm(m_weights, "bn1"), m_head(m_weights, "fc") {
        if (m_weights.has("conv1.weight")) {
            addToStem("conv1", 2);
        } else { // three convolutions, with norms and ReLUs between them
            addToStem("conv1.0", 2);
            addToStem("conv1.3", 1);
            addToStem("conv1.6", 1);
            m_innerNorms = {BatchNorm(m_weights, "conv1.1"), BatchNorm(m_weights, "conv1.4")};
        }
        for (int layer = 1; m_weights.has(fmt::format("layer{}.0.conv1.weight", layer)); ++layer)
            for (int i = 0; m_weights.has(fmt::format("layer{}.{}.conv1.weight", layer, i)); ++i)
                m_blocks.emplace_back(
                    m_weights, fmt::format("layer{}.{}", layer, i), layer > 1 && i == 0 ? 2 : 1);
    }

    at::Tensor forward(const at::Tensor& input, Mode mode) override {
        at::Tensor x = channelsLast(input);
        for (std::size_t i = 0; i < m_stem.size(); ++i)
            x = at::relu(
                (i < m_innerNorms.size() ? m_innerNorms[i] : m_stemNorm)(m_stem[i](x), mode));
        x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
        for (const Block& block : m_blocks)
            x = block(x, mode);
        return m_head(x.mean({2, 3}));
    }

private:
    void addToStem(const std::string& name, std::int64_t stride) {
        m_stem.emplace_back(m_weights, name, stride);
        m_stem.back().padding = m_stem.back().weight.size(2) / 2;
    }

    std::vector<Convolution> m_stem;
    std::vector<BatchNorm> m_innerNorms;
    BatchNorm m_stemNorm;
    std::vector<Block> m_blocks;
    Linear m_head;
};

} // namespace

Result<std::unique_ptr<Network>> makeResNet(const ModelSpec&,
                                            std::string_view,
                                            WeightTable weights) {
    return std::make_unique<ResNet>(std::move(weights));
}

} // namespace heirloom
