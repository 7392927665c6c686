// SPDX-License-Identifier: GPL-3.0-or-later
//
// ResNet-20/32/44/56/110 for 32x32 images (He et al. 2016, section 4.2) under the names of
// akamaster/pytorch_resnet_cifar10.
//
//   depths       blocks of layer1, layer2, layer3: n each for ResNet-(6n + 2)
//   widths       channels of layer1, layer2, layer3; each twice the one before, for the shortcuts
//                have no parameters
//   channels     of the input image
//   num_classes  outputs of `linear`
//   image        side of the input, for counting only
//
// conv1 is 3x3 of stride 1; the first block of layer2 and layer3 has stride 2 in conv1. Its
// shortcut takes every second pixel and pads the channels with zeros, a quarter of the new width on
// each side. BatchNorm eps 1e-5, momentum 0.1; mean over the image before `linear`.
//
// Index spaces: the stem is layer1's residual stream. Through the padded shortcut channel j of a
// stage goes on as channel width / 4 + j of the next, so the residual spaces of the stages are not
// quite free of each other. They are kept apart, one a stage: the published nets all have 16, 32
// and 64 channels, where every selection is the identity, and evenly spaced indices with a whole
// ratio keep the quarters aligned.
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace heirloom {
namespace {

const std::string family = "cifar_resnet";
constexpr int stageCount = 3;
constexpr std::array<std::int64_t, 5> publishedDepths = {20, 32, 44, 56, 110};

HyperParameters hyperOf(std::int64_t layers) {
    HyperParameters hyper;
    hyper.set("depths", std::vector<std::int64_t>(stageCount, (layers - 2) / 6));
    hyper.set("widths", std::vector<std::int64_t>{16, 32, 64});
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{10});
    hyper.set("image", std::int64_t{32});
    return hyper;
}

/// "resnet20" or "cifar_resnet20": these depths are used for CIFAR alone.
std::optional<HyperParameters> named(std::string_view name) {
    if (name == family)
        return hyperOf(publishedDepths[0]);
    if (name.starts_with("cifar_"))
        name.remove_prefix(6);
    for (const auto layers : publishedDepths)
        if (name == fmt::format("resnet{}", layers))
            return hyperOf(layers);
    return std::nullopt;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto layers : publishedDepths)
        all.push_back(fmt::format("resnet{}", layers));
    return all;
}

Status check(const HyperParameters& hyper) {
    if (auto status = requireList(family, hyper, "depths", stageCount, maximumDepth); !status)
        return status;
    if (auto status = requireList(family, hyper, "widths", stageCount, maximumWidth); !status)
        return status;
    const auto widths = hyper.integers("widths");
    if (widths[0] % 2 != 0 || widths[1] != 2 * widths[0] || widths[2] != 2 * widths[1])
        return fail(family,
                    "widths must be even and double from stage to stage, found {}",
                    fmt::join(widths, "-"));
    for (const auto name : {"channels", "image"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    return requireSize(family, hyper, "num_classes", 1, maximumClasses);
}

/// Puts out images of `pixels`.
void convolution(SpecBuilder& builder,
                 const std::string& name,
                 int out,
                 int in,
                 std::int64_t inSize,
                 std::int64_t pixels) {
    const auto kernel = axis(builder.fixed("kernel", 3));
    const double deviation =
        std::sqrt(2.0 / static_cast<double>(9 * inSize)); // kaiming_normal_, fan in
    builder
        .add(name + ".weight", {axis(out), axis(in), kernel, kernel}, {InitRule::Normal, deviation})
        .positions = pixels;
}

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    SpecBuilder builder(family, hyper);
    const auto widths = hyper.integers("widths"), depths = hyper.integers("depths");
    const auto channels = hyper.integer("channels");
    int in = builder.space("layer1.residual", widths[0], SpaceKind::Residual);
    auto inSize = widths[0];
    auto side = hyper.integer("image");
    convolution(
        builder, "conv1", in, builder.fixed("image.channels", channels), channels, side * side);
    builder.batchNorm("bn1", in);
    for (int stage = 0; stage < stageCount; ++stage) {
        const auto stack = fmt::format("layer{}", stage + 1);
        const auto width = widths[static_cast<std::size_t>(stage)];
        const int residual = builder.space(stack + ".residual", width, SpaceKind::Residual);
        if (stage > 0)
            side = (side + 1) / 2;
        for (int i = 0; i < depths[static_cast<std::size_t>(stage)]; ++i) {
            builder.beginLayer(stack, i);
            const auto prefix = fmt::format("{}.{}", stack, i);
            const int inner = builder.space(prefix + ".channels", width, SpaceKind::Channels);
            convolution(builder, prefix + ".conv1", inner, in, inSize, side * side);
            builder.batchNorm(prefix + ".bn1", inner);
            convolution(builder, prefix + ".conv2", residual, inner, width, side * side);
            builder.batchNorm(prefix + ".bn2", residual);
            builder.endLayer();
            in = residual;
            inSize = width;
        }
    }
    const Draw weight{InitRule::Normal, std::sqrt(2.0 / static_cast<double>(inSize))};
    builder.classifier("linear",
                       builder.space("classes", hyper.integer("num_classes"), SpaceKind::Classes),
                       in,
                       weight,
                       torchDefault(inSize));
    return builder.finish();
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>&) {
    const TensorTable table(tensors);
    if (table.rank("conv1.weight") != 4 || table.rank("layer1.0.conv2.weight") != 4 ||
        table.rank("linear.weight") != 2)
        return std::nullopt;
    auto hyper = *named(family);
    std::vector<std::int64_t> depths, widths;
    for (int stage = 1; stage <= stageCount; ++stage) {
        const auto stack = fmt::format("layer{}", stage);
        depths.push_back(table.count(stack, "conv1.weight"));
        widths.push_back(table.size(stack + ".0.conv2.weight", 0));
    }
    hyper.set("depths", depths);
    hyper.set("widths", widths);
    hyper.set("channels", table.size("conv1.weight", 1));
    hyper.set("num_classes", table.size("linear.weight", 0));
    return hyper;
}

} // namespace

constinit const Family cifarResNetFamily{"cifar_resnet",
                                         "ResNet-20/32/44/56/110 for CIFAR (akamaster's names)",
                                         recognize,
                                         build,
                                         named,
                                         names};

} // namespace heirloom
