// SPDX-License-Identifier: GPL-3.0-or-later
//
// The CIFAR ResNets of He et al. (2016), section 4.2, with shortcuts without parameters ("option
// A"): every second pixel, and zeros for the new channels, half of them before and half after the
// old ones. Source: github.com/akamaster/pytorch_resnet_cifar10, resnet.py.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

namespace heirloom {
namespace {

struct Block {
    Convolution conv1, conv2;
    BatchNorm bn1, bn2;

    Block(WeightTable& weights, const std::string& name, std::int64_t stride)
        : conv1(weights, name + ".conv1", stride, 1), conv2(weights, name + ".conv2", 1, 1),
          bn1(weights, name + ".bn1"), bn2(weights, name + ".bn2") {}

    at::Tensor shortcut(const at::Tensor& x) const {
        const std::int64_t added = conv2.weight.size(0) - x.size(1);
        if (conv1.stride == 1 && added == 0)
            return x;
        const at::Tensor fewer =
            x.slice(2, 0, c10::nullopt, conv1.stride).slice(3, 0, c10::nullopt, conv1.stride);
        return at::constant_pad_nd(fewer, {0, 0, 0, 0, added / 2, added - added / 2});
    }

    at::Tensor operator()(const at::Tensor& x, Mode mode) const {
        const at::Tensor change = bn2(conv2(at::relu(bn1(conv1(x), mode))), mode);
        return at::relu(change + shortcut(x));
    }
};

class CifarResNet final : public Network {
public:
    explicit CifarResNet(WeightTable weights)
        : Network(std::move(weights)), m_stem(m_weights, "conv1", 1, 1),
          m_stemNorm(m_weights, "bn1"), m_head(m_weights, "linear") {
        for (int layer = 1; m_weights.has(fmt::format("layer{}.0.conv1.weight", layer)); ++layer)
            for (int i = 0; m_weights.has(fmt::format("layer{}.{}.conv1.weight", layer, i)); ++i)
                m_blocks.emplace_back(
                    m_weights, fmt::format("layer{}.{}", layer, i), layer > 1 && i == 0 ? 2 : 1);
    }

    at::Tensor forward(const at::Tensor& input, Mode mode) override {
        at::Tensor x = at::relu(m_stemNorm(m_stem(channelsLast(input)), mode));
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

Result<std::unique_ptr<Network>>
makeCifarResNet(const ModelSpec&, std::string_view, WeightTable weights) {
    return std::make_unique<CifarResNet>(std::move(weights));
}

} // namespace heirloom
