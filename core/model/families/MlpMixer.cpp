// SPDX-License-Identifier: GPL-3.0-or-later
//
// MLP-Mixer (Tolstikhin et al. 2021) under timm's names. Source: timm, models/mlp_mixer.py.
//
//   dim           width of the residual stream
//   depth         blocks
//   tokens_mlp    hidden size of the MLP over patches; follows dim in the same ratio
//   mlp           hidden size of the MLP over channels; follows dim in the same ratio
//   patch, image  sides in pixels, square; image is a multiple of patch
//   channels      of the input image
//   num_classes   0: no head
//
// LayerNorm eps 1e-6, exact GELU; mean over the patches before the head. The MLP over patches has
// one weight a patch position, so "tokens" must be equal on both sides.
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace heirloom {
namespace {

const std::string family = "mixer";

struct Size {
    char letter;
    std::int64_t dim, depth;
};
constexpr std::array<Size, 3> sizes = {{{'s', 512, 8}, {'b', 768, 12}, {'l', 1024, 24}}};
constexpr std::array<std::int64_t, 2> patches = {32, 16};

HyperParameters hyperOf(const Size& size, std::int64_t patch) {
    HyperParameters hyper;
    hyper.set("dim", size.dim);
    hyper.set("depth", size.depth);
    hyper.set("tokens_mlp", size.dim / 2);
    hyper.set("mlp", 4 * size.dim);
    hyper.set("patch", patch);
    hyper.set("image", std::int64_t{224});
    hyper.set("channels", std::int64_t{3});
    hyper.set("num_classes", std::int64_t{1000});
    return hyper;
}

std::string nameOf(const Size& size, std::int64_t patch) {
    return fmt::format("mixer_{}{}_224", size.letter, patch);
}

std::optional<HyperParameters> named(std::string_view name) {
    if (name == family)
        return hyperOf(sizes[0], 16);
    for (const auto& size : sizes)
        for (const auto patch : patches)
            if (name == nameOf(size, patch))
                return hyperOf(size, patch);
    return std::nullopt;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& size : sizes)
        for (const auto patch : patches)
            all.push_back(nameOf(size, patch));
    return all;
}

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    const auto dim = changed.integer("dim"), oldDim = before.integer("dim");
    if (dim == oldDim || oldDim < 1 || dim > maximumWidth)
        return;
    for (const auto name : {"tokens_mlp", "mlp"})
        if (std::ranges::find(given, name) == given.end()) {
            const double ratio =
                static_cast<double>(before.integer(name)) / static_cast<double>(oldDim);
            // timm cuts off the fraction of dim × ratio
            changed.set(name, static_cast<std::int64_t>(ratio * static_cast<double>(dim)));
        }
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "tokens_mlp", "mlp", "patch", "image", "channels"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (hyper.integer("image") % hyper.integer("patch") != 0)
        return fail(family,
                    "image must be a multiple of patch, found image={} and patch={}",
                    hyper.integer("image"),
                    hyper.integer("patch"));
    return requireSize(family, hyper, "num_classes", 0, maximumClasses);
}

/// timm's Mlp here: Xavier weights, biases of deviation 1e-6.
void addMlp(SpecBuilder& builder,
            const std::string& prefix,
            int hidden,
            std::int64_t hiddenSize,
            int outer,
            std::int64_t outerSize,
            std::int64_t positions) {
    const Draw weight{InitRule::Uniform,
                      std::sqrt(6.0 / static_cast<double>(hiddenSize + outerSize))};
    const Draw bias{InitRule::Normal, 1e-6};
    builder.linear(prefix + ".fc1", axis(hidden), axis(outer), weight, bias, positions);
    builder.linear(prefix + ".fc2", axis(outer), axis(hidden), weight, bias, positions);
}

Result<ModelSpec> build(const HyperParameters& given) {
    const auto hyper = overDefaults(*named(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    SpecBuilder builder(family, hyper);
    const auto dim = hyper.integer("dim"), patch = hyper.integer("patch"),
               channels = hyper.integer("channels");
    const auto grid = hyper.integer("image") / patch;
    const auto tokensHidden = hyper.integer("tokens_mlp"), hidden = hyper.integer("mlp");
    const int residual = builder.space("residual", dim, SpaceKind::Residual);
    const int tokens = builder.fixed("tokens", grid * grid);
    // LeCun normal; timm's is cut at two deviations and widened to the same variance
    builder
        .add("stem.proj.weight",
             {axis(residual),
              axis(builder.fixed("patch.channels", channels)),
              axis(builder.fixed("patch.height", patch)),
              axis(builder.fixed("patch.width", patch))},
             {InitRule::Normal, 1 / std::sqrt(static_cast<double>(channels * patch * patch))})
        .positions = grid * grid;
    builder.add("stem.proj.bias", {axis(residual)}, zeros());
    for (int i = 0; i < hyper.integer("depth"); ++i) {
        builder.beginLayer("blocks", i);
        const auto prefix = fmt::format("blocks.{}", i);
        const int tokensMlp = builder.space(prefix + ".tokens_mlp", tokensHidden, SpaceKind::Mlp);
        const int mlp = builder.space(prefix + ".mlp", hidden, SpaceKind::Mlp);
        builder.norm(prefix + ".norm1", residual);
        addMlp(builder, prefix + ".mlp_tokens", tokensMlp, tokensHidden, tokens, grid * grid, dim);
        builder.norm(prefix + ".norm2", residual);
        addMlp(builder, prefix + ".mlp_channels", mlp, hidden, residual, dim, grid * grid);
        builder.endLayer();
    }
    builder.norm("norm", residual);
    if (const auto classes = hyper.integer("num_classes"); classes > 0)
        builder.classifier("head",
                           builder.space("classes", classes, SpaceKind::Classes),
                           residual,
                           zeros(),
                           zeros());
    return builder.finish();
}

std::optional<HyperParameters> recognize(std::span<const TensorInfo> tensors,
                                         std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    if (table.rank("stem.proj.weight") != 4 || table.rank("blocks.0.mlp_tokens.fc1.weight") != 2 ||
        table.rank("blocks.0.mlp_channels.fc1.weight") != 2)
        return std::nullopt;
    auto hyper = *named(family);
    const auto tokens = table.size("blocks.0.mlp_tokens.fc1.weight", 1);
    const auto side = std::llround(std::sqrt(static_cast<double>(tokens)));
    const auto patch = table.size("stem.proj.weight", 2);
    if (side > maximumWidth || side * side != tokens || patch > maximumWidth) {
        notes.push_back(fmt::format("{} patches are no square grid", tokens));
        return std::nullopt;
    }
    hyper.set("dim", table.size("stem.proj.weight", 0));
    hyper.set("depth", table.count("blocks", "mlp_tokens.fc1.weight"));
    hyper.set("tokens_mlp", table.size("blocks.0.mlp_tokens.fc1.weight", 0));
    hyper.set("mlp", table.size("blocks.0.mlp_channels.fc1.weight", 0));
    hyper.set("patch", patch);
    hyper.set("image", side * patch);
    hyper.set("channels", table.size("stem.proj.weight", 1));
    hyper.set("num_classes", table.size("head.weight", 0));
    return hyper;
}

} // namespace

constinit const Family mlpMixerFamily{
    "mixer", "MLP-Mixer (timm's names)", recognize, build, named, names, follow};

} // namespace heirloom
