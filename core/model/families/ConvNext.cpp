// SPDX-License-Identifier: GPL-3.0-or-later
//
// ConvNeXt (Liu et al. 2022) and ConvNeXt V2 (Woo et al. 2023). Put together under timm's names;
// ConvNextDialects.cpp has those of others. Source: timm, models/convnext.py.
//
//   depths       blocks of the four stages
//   dims         widths of the four stages
//   patch        side of the stem's kernel and its stride
//   kernel       side of the depthwise kernels
//   channels     of the input image
//   num_classes  0: no classifier; head.norm stays
//   layer_scale  gamma after the MLP
//   grn          global response normalisation inside the MLP (V2)
//   conv_mlp     fc1 and fc2 are 1x1 convolutions, [out, in, 1, 1]: timm's choice for its small
//                nets, the same function; other libraries always write matrices
//   image        side of the input, for counting only
//   names        "timm", "transformers", "torchvision", "authors" (facebookresearch)
//   wrapper      transformers: the base model's name comes first, as in a net with a head
//
// Hidden size of a block's MLP: 4 x the stage's width, as in the stock class. LayerNorm eps 1e-6,
// exact GELU. Stages 1 to 3 begin with LayerNorm and a 2x2 convolution of stride 2; head.norm
// follows the pooling.
#include "core/model/SpecBuilder.h"
#include "core/model/families/ConvNextDialects.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

const std::string family = "convnext";
constexpr std::size_t stageCount = convNextStages;
constexpr std::int64_t mlpRatio = 4;

struct Size {
    std::string_view word;
    std::int64_t dim;
    std::array<std::int64_t, stageCount> depths;
    bool convMlp;
    int version = 0; ///< of which alone it was published; 0: of both
};
constexpr std::array<Size, 10> sizes = {{{"atto", 40, {2, 2, 6, 2}, true},
                                         {"femto", 48, {2, 2, 6, 2}, true},
                                         {"pico", 64, {2, 2, 6, 2}, true},
                                         {"nano", 80, {2, 2, 8, 2}, true},
                                         {"tiny", 96, {3, 3, 9, 3}, false},
                                         {"small", 96, {3, 3, 27, 3}, false},
                                         {"base", 128, {3, 3, 27, 3}, false},
                                         {"large", 192, {3, 3, 27, 3}, false},
                                         {"xlarge", 256, {3, 3, 27, 3}, false, 1},
                                         {"huge", 352, {3, 3, 27, 3}, false, 2}}};

HyperParameters hyperOf(const Size& size, bool isSecond) {
    HyperParameters hyper;
    hyper.set("depths", std::vector<std::int64_t>(size.depths.begin(), size.depths.end()));
    hyper.set("dims",
              std::vector<std::int64_t>{size.dim, 2 * size.dim, 4 * size.dim, 8 * size.dim});
    hyper.set("patch", std::int64_t{4});
    hyper.set("kernel", std::int64_t{7});
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{1000});
    hyper.set("layer_scale", !isSecond);
    hyper.set("grn", isSecond);
    hyper.set("image", std::int64_t{224});
    hyper.set("names", std::string("timm")); // before conv_mlp, which follows it
    hyper.set("wrapper", false);
    hyper.set("conv_mlp", size.convMlp);
    return hyper;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto prefix : {"convnext_", "convnextv2_"})
        for (const auto& size : sizes)
            if (auto name = std::string(prefix).append(size.word); convNextNamed(name))
                all.push_back(std::move(name));
    return all;
}

Status check(const HyperParameters& hyper) {
    if (auto status = requireList(family, hyper, "depths", stageCount, maximumDepth); !status)
        return status;
    if (auto status = requireList(family, hyper, "dims", stageCount, maximumWidth); !status)
        return status;
    for (const auto name : {"patch", "kernel", "channels", "image"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (hyper.integer("kernel") % 2 == 0)
        return fail(family, "kernel must be odd, found {}", hyper.integer("kernel"));
    if (!convNextDialect(hyper))
        return fail(family,
                    "names must be timm, transformers, torchvision or authors, found '{}'",
                    hyper.text("names"));
    return requireSize(family, hyper, "num_classes", 0, maximumClasses);
}

void follow(HyperParameters& changed,
            const HyperParameters&,
            const std::vector<std::string>& given) {
    const auto isGiven = [&](std::string_view name) {
        return std::ranges::find(given, name) != given.end();
    };
    if (!isGiven("names"))
        return;
    const auto names = changed.text("names");
    if (!isGiven("wrapper"))
        changed.set("wrapper", names == "transformers" && changed.integer("num_classes") > 0);
    if (!isGiven("conv_mlp") && names != "timm")
        changed.set("conv_mlp", false);
}

/// Pixels of a stage's image.
std::int64_t pixelsOf(const HyperParameters& hyper, int stage) {
    const auto side =
        std::max<std::int64_t>((hyper.integer("image") / hyper.integer("patch")) >> stage, 1);
    return side * side;
}

void addBlock(SpecBuilder& builder,
              const HyperParameters& hyper,
              int stage,
              int index,
              int residualSpace,
              std::int64_t dim) {
    const auto pixels = pixelsOf(hyper, stage);
    const auto stack = fmt::format("stages.{}.blocks", stage);
    builder.beginLayer(stack, index);
    const auto prefix = fmt::format("{}.{}", stack, index);
    const int mlpSpace = builder.space(prefix + ".mlp", mlpRatio * dim, SpaceKind::Mlp);
    const auto residual = axis(residualSpace), mlp = axis(mlpSpace),
               one = axis(builder.fixed("one", 1));
    const auto kernel = axis(builder.fixed("kernel", hyper.integer("kernel")));
    const bool isConv = hyper.flag("conv_mlp") && hyper.text("names") == "timm";
    const auto matrix = [&](const std::string& name, const AxisLayout& out, const AxisLayout& in) {
        std::vector<AxisLayout> axes{out, in};
        if (isConv)
            axes.insert(axes.end(), {one, one});
        builder.add(name + ".weight", std::move(axes), truncNormal()).positions = pixels;
        builder.add(name + ".bias", {out}, zeros());
    };

    if (hyper.flag("layer_scale"))
        builder.add(prefix + ".gamma", {residual}, {InitRule::Constant, 1e-6});
    builder.add(prefix + ".conv_dw.weight", {residual, one, kernel, kernel}, truncNormal())
        .positions = pixels;
    builder.add(prefix + ".conv_dw.bias", {residual}, zeros());
    builder.norm(prefix + ".norm", residualSpace);
    matrix(prefix + ".mlp.fc1", mlp, residual);
    if (hyper.flag("grn")) {
        builder.add(prefix + ".mlp.grn.weight", {mlp}, zeros());
        builder.add(prefix + ".mlp.grn.bias", {mlp}, zeros());
    }
    matrix(prefix + ".mlp.fc2", residual, mlp);
    builder.endLayer();
}

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*convNextNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    SpecBuilder builder(family, hyper);
    const auto depths = hyper.integers("depths"), dims = hyper.integers("dims");
    const auto patch = hyper.integer("patch");
    int previous = -1;
    for (int stage = 0; stage < static_cast<int>(stageCount); ++stage) {
        const auto dim = dims[static_cast<std::size_t>(stage)];
        const auto prefix = fmt::format("stages.{}", stage);
        const int residual = builder.space(prefix + ".residual", dim, SpaceKind::Residual);
        if (stage == 0) {
            builder
                .add("stem.0.weight",
                     {axis(residual),
                      axis(builder.fixed("patch.channels", hyper.integer("channels"))),
                      axis(builder.fixed("patch.height", patch)),
                      axis(builder.fixed("patch.width", patch))},
                     truncNormal())
                .positions = pixelsOf(hyper, stage);
            builder.add("stem.0.bias", {axis(residual)}, zeros());
            builder.norm("stem.1", residual);
        } else {
            const auto two = axis(builder.fixed("downsample.kernel", 2));
            builder.norm(prefix + ".downsample.0", previous);
            builder
                .add(prefix + ".downsample.1.weight",
                     {axis(residual), axis(previous), two, two},
                     truncNormal())
                .positions = pixelsOf(hyper, stage);
            builder.add(prefix + ".downsample.1.bias", {axis(residual)}, zeros());
        }
        for (int i = 0; i < depths[static_cast<std::size_t>(stage)]; ++i)
            addBlock(builder, hyper, stage, i, residual, dim);
        previous = residual;
    }
    builder.norm("head.norm", previous);
    if (const auto classes = hyper.integer("num_classes"); classes > 0)
        builder.classifier("head.fc",
                           builder.space("classes", classes, SpaceKind::Classes),
                           previous,
                           truncNormal(),
                           zeros());
    auto spec = builder.finish();
    const auto& dialect = *convNextDialect(hyper);
    if (!spec || dialect.names == "timm")
        return spec;
    return respellConvNext(std::move(*spec), dialect);
}

} // namespace

std::optional<HyperParameters> convNextNamed(std::string_view name) {
    if (name == family)
        return hyperOf(sizes[4], false);
    const bool isSecond = name.starts_with("convnextv2_");
    if (!isSecond && !name.starts_with("convnext_"))
        return std::nullopt;
    const auto word = name.substr(name.find('_') + 1);
    const auto size = std::ranges::find(sizes, word, &Size::word);
    if (size == sizes.end() || size->version == (isSecond ? 1 : 2))
        return std::nullopt;
    return hyperOf(*size, isSecond);
}

constinit const Family convNextFamily{"convnext",
                                      "ConvNeXt and ConvNeXt V2",
                                      recognizeConvNext,
                                      build,
                                      convNextNamed,
                                      names,
                                      follow,
                                      convNextConfigured};

} // namespace heirloom
