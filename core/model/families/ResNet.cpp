// SPDX-License-Identifier: GPL-3.0-or-later
//
// ResNet (He et al. 2016) and Wide ResNet (Zagoruyko & Komodakis 2016) with basic or bottleneck
// blocks; torchvision's and timm's names are the same. Sources: torchvision, models/resnet.py;
// timm, models/resnet.py.
//
//   block        "basic" (two 3x3 convolutions) or "bottleneck" (1x1, 3x3, 1x1)
//   depths       blocks of layer1 ... layer4
//   widths       planes of layer1 ... layer4; a bottleneck puts out 4 x as many
//   base_width   inner channels of a bottleneck are planes x base_width / 64 (128 in
//                wide_resnet50_2); 64 for basic blocks
//   stem         channels of conv1, or of the last convolution of a deep stem
//   deep_stem    conv1 is three 3x3 convolutions, conv1.0, conv1.3 and conv1.6 (timm's resnet50d)
//   stem_width   inner channels of a deep stem
//   avg_down     a downsample averages 2x2 pixels first, so that its layers are downsample.1 and .2
//   image        side of the input, for counting only
//   channels     of the input image
//   num_classes  0: no fc
//
// conv1 is 7x7 of stride 2, then BatchNorm, ReLU and a 3x3 max pool of stride 2. layer2 to layer4
// halve the image in their first block, in its 3x3 convolution (the first of a basic block, the
// middle one of a bottleneck) and in downsample.0. A first block has a downsample where the stride
// or the number of channels changes. BatchNorm eps 1e-5, momentum 0.1.
//
// Index spaces: where layer1.0 has an identity shortcut, conv1's channels are layer1's residual
// stream itself, and there is no space "stem". Drawn as torchvision draws it; timm starts each
// block's last BatchNorm weight at 0 instead.
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

const std::string family = "resnet";
constexpr int stageCount = 4;
constexpr std::int64_t expansion = 4;
constexpr std::int64_t usualBase = 64;

struct Published {
    std::string_view name;
    std::string_view block;
    std::array<std::int64_t, stageCount> depths;
    std::int64_t baseWidth;
    bool isD = false; ///< He et al. 2019, "Bag of Tricks": deep stem, averaging downsample
};
constexpr std::array<Published, 16> published = {
    {{"resnet10", "basic", {1, 1, 1, 1}, 64},
     {"resnet18", "basic", {2, 2, 2, 2}, 64},
     {"resnet34", "basic", {3, 4, 6, 3}, 64},
     {"resnet14", "bottleneck", {1, 1, 1, 1}, 64},
     {"resnet26", "bottleneck", {2, 2, 2, 2}, 64},
     {"resnet50", "bottleneck", {3, 4, 6, 3}, 64},
     {"resnet101", "bottleneck", {3, 4, 23, 3}, 64},
     {"resnet152", "bottleneck", {3, 8, 36, 3}, 64},
     {"wide_resnet50_2", "bottleneck", {3, 4, 6, 3}, 128},
     {"wide_resnet101_2", "bottleneck", {3, 4, 23, 3}, 128},
     {"resnet18d", "basic", {2, 2, 2, 2}, 64, true},
     {"resnet34d", "basic", {3, 4, 6, 3}, 64, true},
     {"resnet26d", "bottleneck", {2, 2, 2, 2}, 64, true},
     {"resnet50d", "bottleneck", {3, 4, 6, 3}, 64, true},
     {"resnet101d", "bottleneck", {3, 4, 23, 3}, 64, true},
     {"resnet152d", "bottleneck", {3, 8, 36, 3}, 64, true}}};

HyperParameters hyperOf(const Published& model) {
    HyperParameters hyper;
    hyper.set("block", std::string(model.block));
    hyper.set("depths", std::vector<std::int64_t>(model.depths.begin(), model.depths.end()));
    hyper.set("widths", std::vector<std::int64_t>{64, 128, 256, 512});
    hyper.set("base_width", model.baseWidth);
    hyper.set("stem", std::int64_t{64});
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{1000});
    hyper.set("deep_stem", model.isD);
    hyper.set("stem_width", std::int64_t{32});
    hyper.set("avg_down", model.isD);
    hyper.set("image", std::int64_t{224});
    return hyper;
}

std::optional<HyperParameters> named(std::string_view name) {
    if (name == family)
        name = "resnet18";
    const auto model = std::ranges::find(published, name, &Published::name);
    if (model == published.end())
        return std::nullopt;
    return hyperOf(*model);
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& model : published)
        all.emplace_back(model.name);
    return all;
}

Status check(const HyperParameters& hyper) {
    const auto block = hyper.text("block");
    if (block != "basic" && block != "bottleneck")
        return fail(family, "block must be basic or bottleneck, found '{}'", block);
    if (auto status = requireList(family, hyper, "depths", stageCount, maximumDepth); !status)
        return status;
    if (auto status = requireList(family, hyper, "widths", stageCount, maximumWidth); !status)
        return status;
    for (const auto name : {"base_width", "stem", "channels", "stem_width", "image"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (block == "basic" && hyper.integer("base_width") != usualBase)
        return fail(family,
                    "basic blocks need base_width={}, found {}",
                    usualBase,
                    hyper.integer("base_width"));
    for (const auto planes : hyper.integers("widths"))
        if (planes * hyper.integer("base_width") < usualBase)
            return fail(family,
                        "base_width={} leaves no inner channel at {} planes",
                        hyper.integer("base_width"),
                        planes);
    return requireSize(family, hyper, "num_classes", 0, maximumClasses);
}

class Builder {
public:
    explicit Builder(const HyperParameters& hyper)
        : m_hyper(hyper), m_builder(family, hyper), m_isBasic(hyper.text("block") == "basic") {}

    Result<ModelSpec> build() {
        const auto widths = m_hyper.integers("widths"), depths = m_hyper.integers("depths");
        // conv1's channels become layer1's residual stream where nothing lies between them
        const bool isShared = m_hyper.integer("stem") == outOf(widths[0]);
        m_in = m_builder.space(isShared ? "layer1.residual" : "stem",
                               m_hyper.integer("stem"),
                               isShared ? SpaceKind::Residual : SpaceKind::Channels);
        m_side = halved(m_hyper.integer("image"));
        addStem(m_builder.fixed("image.channels", m_hyper.integer("channels")));
        m_builder.batchNorm("bn1", m_in);
        m_side = halved(m_side); // the max pool
        for (int stage = 0; stage < stageCount; ++stage) {
            const auto planes = widths[static_cast<std::size_t>(stage)];
            const auto stack = fmt::format("layer{}", stage + 1);
            const int residual =
                m_builder.space(stack + ".residual", outOf(planes), SpaceKind::Residual);
            for (int i = 0; i < depths[static_cast<std::size_t>(stage)]; ++i)
                block(stack,
                      i,
                      residual,
                      planes,
                      i == 0 && (stage > 0 || m_in != residual),
                      i == 0 && stage > 0);
        }
        if (const auto classes = m_hyper.integer("num_classes"); classes > 0) {
            const auto draw = torchDefault(outOf(widths.back()));
            m_builder.classifier(
                "fc", m_builder.space("classes", classes, SpaceKind::Classes), m_in, draw, draw);
        }
        return m_builder.finish();
    }

private:
    [[nodiscard]] std::int64_t outOf(std::int64_t planes) const {
        return m_isBasic ? planes : planes * expansion;
    }

    /// Every halving here rounds up: convolutions and pools are padded.
    static std::int64_t halved(std::int64_t side) { return (side + 1) / 2; }

    void addStem(int image) {
        if (!m_hyper.flag("deep_stem")) {
            convolution("conv1", m_in, image, "stem.kernel", 7);
            return;
        }
        const auto width = m_hyper.integer("stem_width");
        const int first = m_builder.space("stem.channels1", width, SpaceKind::Channels);
        const int second = m_builder.space("stem.channels2", width, SpaceKind::Channels);
        convolution3("conv1.0", first, image);
        m_builder.batchNorm("conv1.1", first);
        convolution3("conv1.3", second, first);
        m_builder.batchNorm("conv1.4", second);
        convolution3("conv1.6", m_in, second);
    }

    /// Puts out images of side m_side.
    void convolution(const std::string& name,
                     int out,
                     int in,
                     const std::string& kernelName,
                     std::int64_t kernelSide) {
        const auto kernel = axis(m_builder.fixed(kernelName, kernelSide));
        m_builder
            .add(name + ".weight",
                 {axis(out), axis(in), kernel, kernel},
                 {InitRule::KaimingFanOut, 1})
            .positions = m_side * m_side;
    }
    void convolution3(const std::string& name, int out, int in) {
        convolution(name, out, in, "kernel", 3);
    }
    void convolution1(const std::string& name, int out, int in) {
        convolution(name, out, in, "pointwise", 1);
    }

    void block(const std::string& stack,
               int index,
               int residual,
               std::int64_t planes,
               bool hasDownsample,
               bool isHalving) {
        m_builder.beginLayer(stack, index);
        const auto prefix = fmt::format("{}.{}", stack, index);
        const auto inner = planes * m_hyper.integer("base_width") / usualBase;
        const auto outSide = isHalving ? halved(m_side) : m_side;
        if (m_isBasic) {
            m_side = outSide;
            const int channels = m_builder.space(prefix + ".channels", planes, SpaceKind::Channels);
            convolution3(prefix + ".conv1", channels, m_in);
            m_builder.batchNorm(prefix + ".bn1", channels);
            convolution3(prefix + ".conv2", residual, channels);
            m_builder.batchNorm(prefix + ".bn2", residual);
        } else {
            const int first = m_builder.space(prefix + ".channels1", inner, SpaceKind::Channels);
            const int second = m_builder.space(prefix + ".channels2", inner, SpaceKind::Channels);
            convolution1(prefix + ".conv1", first, m_in);
            m_builder.batchNorm(prefix + ".bn1", first);
            m_side = outSide;
            convolution3(prefix + ".conv2", second, first);
            m_builder.batchNorm(prefix + ".bn2", second);
            convolution1(prefix + ".conv3", residual, second);
            m_builder.batchNorm(prefix + ".bn3", residual);
        }
        if (hasDownsample) {
            const int place = m_hyper.flag("avg_down") ? 1 : 0;
            convolution1(fmt::format("{}.downsample.{}", prefix, place), residual, m_in);
            m_builder.batchNorm(fmt::format("{}.downsample.{}", prefix, place + 1), residual);
        }
        m_builder.endLayer();
        m_in = residual;
    }

    const HyperParameters& m_hyper;
    SpecBuilder m_builder;
    bool m_isBasic;
    int m_in = -1;           ///< space that the next convolution reads
    std::int64_t m_side = 0; ///< of the image that the next convolution puts out
};

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    return Builder(hyper).build();
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>&) {
    const TensorTable table(tensors);
    const bool isDeep = table.rank("conv1.0.weight") == 4;
    const std::string lastStem = isDeep ? "conv1.6.weight" : "conv1.weight";
    if (table.rank(lastStem) != 4 || table.rank("layer1.0.conv1.weight") != 4 ||
        table.rank("layer4.0.conv2.weight") != 4)
        return std::nullopt;
    auto hyper = *named(family);
    const bool isBasic = !table.has("layer1.0.conv3.weight");
    std::vector<std::int64_t> depths, widths;
    for (int stage = 1; stage <= stageCount; ++stage) {
        const auto stack = fmt::format("layer{}", stage);
        depths.push_back(table.count(stack, "conv1.weight"));
        widths.push_back(isBasic ? table.size(stack + ".0.conv2.weight", 0)
                                 : table.size(stack + ".0.conv3.weight", 0) / expansion);
    }
    const auto inner = table.size("layer1.0.conv1.weight", 0);
    if (!isBasic && widths[0] > 0 && inner <= maximumWidth)
        hyper.set("base_width", inner * usualBase / widths[0]);
    hyper.set("block", std::string(isBasic ? "basic" : "bottleneck"));
    hyper.set("depths", depths);
    hyper.set("widths", widths);
    hyper.set("stem", table.size(lastStem, 0));
    hyper.set("channels", table.size(isDeep ? "conv1.0.weight" : "conv1.weight", 1));
    hyper.set("num_classes", table.size("fc.weight", 0));
    hyper.set("deep_stem", isDeep);
    if (isDeep)
        hyper.set("stem_width", table.size("conv1.0.weight", 0));
    hyper.set("avg_down",
              table.has("layer2.0.downsample.1.weight") &&
                  table.rank("layer2.0.downsample.1.weight") == 4);
    return hyper;
}

} // namespace

constinit const Family resNetFamily{"resnet",
                                    "ResNet and Wide ResNet (torchvision's and timm's names)",
                                    recognize,
                                    build,
                                    named,
                                    names};

} // namespace heirloom
