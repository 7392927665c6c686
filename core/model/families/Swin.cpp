// SPDX-License-Identifier: GPL-3.0-or-later
//
// Swin transformer (Liu et al. 2021). Put together under timm's names; SwinDialects.cpp has those
// of others. Source: timm, models/swin_transformer.py.
//
//   dims         widths of the stages; each twice the one before in all published nets
//   depths       blocks of each stage
//   heads        attention heads of each stage; follow dims at the same head size
//   mlp_ratio    hidden size of an MLP over the stage's width
//   patch        side of the patches
//   window       side of the windows that attend on their own; timm and the authors shrink it to
//   the
//                stage's image
//   image        side of the input; sets those windows, else for counting only
//   channels     of the input image
//   num_classes  0: no head
//   qkv_bias     bias of attn.qkv
//   names        "timm", "transformers", "transformers4" (as its saved files have them),
//                "torchvision", "authors" (microsoft)
//   wrapper      transformers: the base model's name comes first, as in a net with a head
//
// LayerNorm eps 1e-5, exact GELU, pre-norm; every second block shifts its windows by half. The mean
// over the image comes after the last norm. Stages after the first begin with a merging: the four
// pixels of a 2x2 square one after the other, rows first, LayerNorm, a matrix without bias; that
// axis is merge x the earlier stage's residual stream in every library.
//
// A block's relative_position_bias_table has a row for each offset between two pixels of a window,
// (2 x window - 1)^2 in all: "<block>.offsets", resampled where windows differ.
#include "core/model/SpecBuilder.h"
#include "core/model/families/Registry.h"
#include "core/model/families/SwinDialects.h"
#include "core/model/families/SwinRecognition.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

const std::string family = "swin";
constexpr std::int64_t publishedHeadDim = 32;

struct Size {
    std::string_view word, torchName;
    std::int64_t dim, depth; ///< of the first and of the third stage
};
constexpr std::array<Size, 4> sizes = {{{"tiny", "swin_t", 96, 6},
                                        {"small", "swin_s", 96, 18},
                                        {"base", "swin_b", 128, 18},
                                        {"large", "", 192, 18}}};

HyperParameters hyperOf(const Size& size, std::int64_t window, std::string_view names) {
    HyperParameters hyper;
    hyper.set("dims", swinDoubled(size.dim, 4));
    hyper.set("depths", std::vector<std::int64_t>{2, 2, size.depth, 2});
    hyper.set("heads", swinDoubled(size.dim / publishedHeadDim, 4));
    hyper.set("mlp_ratio", std::int64_t{4});
    hyper.set("patch", std::int64_t{4});
    hyper.set("window", window);
    hyper.set("image", 32 * window);
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{1000});
    hyper.set("qkv_bias", true);
    hyper.set("names", std::string(names));
    hyper.set("wrapper", false);
    return hyper;
}

std::string timmName(const Size& size, std::int64_t window) {
    return fmt::format("swin_{}_patch4_window{}_{}", size.word, window, 32 * window);
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& size : sizes)
        all.push_back(timmName(size, 7));
    all.push_back(timmName(sizes[2], 12));
    all.push_back(timmName(sizes[3], 12));
    for (const auto& size : sizes)
        if (!size.torchName.empty())
            all.emplace_back(size.torchName);
    return all;
}

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    const auto isGiven = [&](std::string_view name) {
        return std::ranges::find(given, name) != given.end();
    };
    if (isGiven("names") && !isGiven("wrapper"))
        changed.set("wrapper",
                    changed.text("names").starts_with("transformers") &&
                        changed.integer("num_classes") > 0);
    const auto dims = changed.integers("dims"), oldDims = before.integers("dims"),
               oldHeads = before.integers("heads");
    if (dims == oldDims || isGiven("heads") || dims.size() != oldDims.size() ||
        dims.size() != oldHeads.size())
        return;
    std::vector<std::int64_t> heads;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        const auto headDim = oldHeads[i] > 0 ? oldDims[i] / oldHeads[i] : 0;
        if (headDim < 1 || dims[i] % headDim != 0)
            return;
        heads.push_back(dims[i] / headDim);
    }
    changed.set("heads", heads);
}

/// Side of the image in a stage, in pixels of that stage.
std::int64_t sideOf(const HyperParameters& hyper, std::size_t stage) {
    return (hyper.integer("image") / hyper.integer("patch")) >> stage;
}

/// Side of a stage's windows.
std::int64_t windowOf(const HyperParameters& hyper, std::size_t stage) {
    const auto window = hyper.integer("window");
    const auto names = hyper.text("names");
    return names == "timm" || names == "authors" ? std::min(window, sideOf(hyper, stage)) : window;
}

Status check(const HyperParameters& hyper) {
    const auto count = hyper.integers("depths").size();
    if (count < 1 || count > maximumSwinStages)
        return fail(family,
                    "depths needs 1 to {} numbers, one a stage, found {}",
                    maximumSwinStages,
                    count);
    for (const auto& [name, most] : {std::pair{"depths", maximumDepth},
                                     std::pair{"dims", maximumWidth},
                                     std::pair{"heads", maximumWidth}})
        if (auto status = requireList(family, hyper, name, count, most); !status)
            return status;
    for (const auto name : {"mlp_ratio", "patch", "channels", "image"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    // its fourth power is the length of the stored index
    if (auto status = requireSize(family, hyper, "window", 1, 256); !status)
        return status;
    if (auto status = requireSize(family, hyper, "num_classes", 0, maximumClasses); !status)
        return status;
    const auto dims = hyper.integers("dims"), heads = hyper.integers("heads");
    for (std::size_t i = 0; i < count; ++i)
        if (dims[i] % heads[i] != 0)
            return fail(family,
                        "each of dims must be a multiple of heads, found dims={} and heads={}",
                        fmt::join(dims, "-"),
                        fmt::join(heads, "-"));
    if (sideOf(hyper, count - 1) < 1)
        return fail(family,
                    "image={} with patches of {} leaves no pixel for stage {}",
                    hyper.integer("image"),
                    hyper.integer("patch"),
                    count - 1);
    if (!swinDialect(hyper.text("names")))
        return fail(
            family,
            "names must be timm, transformers, transformers4, torchvision or authors, found "
            "'{}'",
            hyper.text("names"));
    return {};
}

class Builder {
public:
    Builder(const HyperParameters& hyper, const SwinDialect& dialect)
        : m_hyper(hyper), m_dialect(dialect), m_builder(family, hyper) {}

    Result<ModelSpec> build() {
        const auto dims = m_hyper.integers("dims"), depths = m_hyper.integers("depths");
        const auto patch = m_hyper.integer("patch"), channels = m_hyper.integer("channels");
        int previous = -1;
        for (std::size_t stage = 0; stage < dims.size(); ++stage) {
            const auto prefix = fmt::format("layers.{}", stage);
            const int residual =
                m_builder.space(prefix + ".residual", dims[stage], SpaceKind::Residual);
            const auto side = sideOf(m_hyper, stage);
            if (stage == 0) {
                m_builder
                    .add("patch_embed.proj.weight",
                         {axis(residual),
                          axis(m_builder.fixed("patch.channels", channels)),
                          axis(m_builder.fixed("patch.height", patch)),
                          axis(m_builder.fixed("patch.width", patch))},
                         torchDefault(channels * patch * patch))
                    .positions = side * side;
                m_builder.add("patch_embed.proj.bias",
                              {axis(residual)},
                              torchDefault(channels * patch * patch));
                m_builder.norm("patch_embed.norm", residual);
            } else {
                const auto merged = axis({m_builder.fixed("merge", 4), previous});
                m_builder.add(prefix + ".downsample.norm.weight", {merged}, ones());
                m_builder.add(prefix + ".downsample.norm.bias", {merged}, zeros());
                m_builder
                    .add(prefix + ".downsample.reduction.weight",
                         {axis(residual), merged},
                         truncNormal())
                    .positions = side * side;
            }
            for (int i = 0; i < static_cast<int>(depths[stage]); ++i)
                addBlock(stage, i, residual);
            previous = residual;
        }
        m_builder.norm("norm", previous);
        if (const auto classes = m_hyper.integer("num_classes"); classes > 0)
            m_builder.classifier("head.fc",
                                 m_builder.space("classes", classes, SpaceKind::Classes),
                                 previous,
                                 truncNormal(),
                                 zeros());
        auto spec = m_builder.finish();
        if (spec)
            spec->attentions = std::move(m_attentions);
        return spec;
    }

private:
    void addBlock(std::size_t stage, int index, int residualSpace) {
        const auto stack = fmt::format("layers.{}.blocks", stage);
        m_builder.beginLayer(stack, index);
        const auto prefix = fmt::format("{}.{}", stack, index);
        const auto dim = m_hyper.integers("dims")[stage],
                   headCount = m_hyper.integers("heads")[stage];
        const auto window = windowOf(m_hyper, stage), side = sideOf(m_hyper, stage);
        const auto windowsAlong = (side + window - 1) / window; // the last one is filled with zeros
        const auto windows = windowsAlong * windowsAlong;
        const auto attended = windows * window * window;
        m_attentions.push_back({windows, window * window, dim});

        const int heads = m_builder.space(prefix + ".heads", headCount, SpaceKind::Heads);
        const int qk = m_builder.space(prefix + ".qk_dim", dim / headCount, SpaceKind::HeadDim);
        const int v = m_builder.space(prefix + ".v_dim", dim / headCount, SpaceKind::HeadDim);
        const int mlp =
            m_builder.space(prefix + ".mlp", m_hyper.integer("mlp_ratio") * dim, SpaceKind::Mlp);
        const int offsets = m_builder.space(
            prefix + ".offsets", (2 * window - 1) * (2 * window - 1), SpaceKind::Tokens);
        const auto residual = axis(residualSpace);
        const AxisLayout qkv{
            {AxisSegment{{heads, qk}}, AxisSegment{{heads, qk}}, AxisSegment{{heads, v}}}};

        m_builder.norm(prefix + ".norm1", residualSpace);
        m_builder.add(prefix + ".attn.relative_position_bias_table",
                      {axis(offsets), axis(heads)},
                      truncNormal());
        if (!m_dialect.index.empty())
            addIndex(prefix + ".attn.relative_position_index", window);
        m_builder.add(prefix + ".attn.qkv.weight", {qkv, residual}, truncNormal()).positions =
            attended;
        if (m_hyper.flag("qkv_bias"))
            m_builder.add(prefix + ".attn.qkv.bias", {qkv}, zeros());
        m_builder.linear(
            prefix + ".attn.proj", residual, axis({heads, v}), truncNormal(), zeros(), attended);
        m_builder.norm(prefix + ".norm2", residualSpace);
        m_builder.linear(
            prefix + ".mlp.fc1", axis(mlp), residual, truncNormal(), zeros(), side * side);
        m_builder.linear(
            prefix + ".mlp.fc2", residual, axis(mlp), truncNormal(), zeros(), side * side);
        m_builder.endLayer();
    }

    /// Constants: which row of the table two pixels of a window read.
    void addIndex(const std::string& name, std::int64_t window) {
        const int pixels = m_builder.fixed(fmt::format("window{}.pixels", window), window * window);
        const auto axes = m_dialect.index == "flat"
                              ? std::vector<AxisLayout>{axis({pixels, pixels})}
                              : std::vector<AxisLayout>{axis(pixels), axis(pixels)};
        m_builder.buffer(name, axes, static_cast<double>(window), DType::I64).init =
            InitRule::WindowIndex;
    }

    const HyperParameters& m_hyper;
    const SwinDialect& m_dialect;
    SpecBuilder m_builder;
    std::vector<Attention> m_attentions;
};

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*swinNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    const auto& dialect = *swinDialect(hyper.text("names"));
    auto spec = Builder(hyper, dialect).build();
    if (!spec || dialect.names == "timm")
        return spec;
    return respellSwin(std::move(*spec), dialect);
}

} // namespace

std::vector<std::int64_t> swinDoubled(std::int64_t first, std::size_t count) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < count; ++i, first *= 2)
        values.push_back(first);
    return values;
}

std::optional<HyperParameters> swinNamed(std::string_view name) {
    if (name == family)
        return hyperOf(sizes[0], 7, "timm");
    for (const auto& size : sizes) {
        for (const std::int64_t window : {7, 12})
            if (name == timmName(size, window))
                return hyperOf(size, window, "timm");
        if (!name.empty() && name == size.torchName)
            return hyperOf(size, 7, "torchvision");
    }
    return std::nullopt;
}

constinit const Family swinFamily{
    "swin",
    "Swin transformer (timm's, transformers' and torchvision's names)",
    recognizeSwin,
    build,
    swinNamed,
    names,
    follow,
    swinConfigured,
    isSwinLeftover};

} // namespace heirloom
