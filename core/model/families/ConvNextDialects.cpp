// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of ConvNeXt and ConvNeXt V2. Sources: timm, models/convnext.py; transformers 5,
// models/convnext and convnextv2; torchvision, models/convnext.py; the authors' own code,
// facebookresearch/ConvNeXt and ConvNeXt-V2.
#include "core/model/families/ConvNextDialects.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

constexpr Word same(std::string_view name) { return {name, name}; }

constexpr std::array timmStem = {same("stem.0"), same("stem.1")};
constexpr std::array timmBlock = {same("gamma"),
                                  same("conv_dw"),
                                  same("norm"),
                                  same("mlp.fc1"),
                                  same("mlp.grn"),
                                  same("mlp.fc2")};
constexpr std::array downsample = {same("0"), same("1")};
constexpr std::array timmBack = {same("head.norm")};
constexpr std::array timmHead = {same("head.fc")};

constexpr std::array huggingStem = {Word{"stem.0", "embeddings.patch_embeddings"},
                                    Word{"stem.1", "embeddings.layernorm"}};
constexpr std::array huggingBlock = {Word{"gamma", "layer_scale_parameter"},
                                     Word{"conv_dw", "dwconv"},
                                     Word{"norm", "layernorm"},
                                     Word{"mlp.fc1", "pwconv1"},
                                     Word{"mlp.grn", "grn", 0, 1, UnitAxes::ThreeBefore},
                                     Word{"mlp.fc2", "pwconv2"}};
constexpr std::array huggingBack = {Word{"head.norm", "layernorm"}};
constexpr std::array huggingHead = {Word{"head.fc", "classifier"}};

constexpr std::array torchStem = {Word{"stem.0", "features.0.0"}, Word{"stem.1", "features.0.1"}};
constexpr std::array torchBlock = {Word{"gamma", "layer_scale", 0, 1, UnitAxes::TwoBehind},
                                   Word{"conv_dw", "block.0"},
                                   Word{"norm", "block.2"},
                                   Word{"mlp.fc1", "block.3"},
                                   Word{"mlp.fc2", "block.5"}};
constexpr std::array torchBack = {Word{"head.norm", "classifier.0"}};
constexpr std::array torchHead = {Word{"head.fc", "classifier.2"}};

constexpr std::array authorsStem = {Word{"stem.0", "downsample_layers.0.0"},
                                    Word{"stem.1", "downsample_layers.0.1"}};
constexpr std::array authorsBlock = {
    same("gamma"),
    Word{"conv_dw", "dwconv"},
    same("norm"),
    Word{"mlp.fc1", "pwconv1"},
    Word{"mlp.grn.weight", "grn.gamma", 0, 1, UnitAxes::ThreeBefore},
    Word{"mlp.grn.bias", "grn.beta", 0, 1, UnitAxes::ThreeBefore},
    Word{"mlp.fc2", "pwconv2"}};
constexpr std::array authorsBack = {Word{"head.norm", "norm"}};
constexpr std::array authorsHead = {Word{"head.fc", "head"}};

constexpr std::array<ConvNextDialect, 5> dialects = {
    {{"timm", "", timmStem, timmBlock, downsample, timmBack, timmHead},
     {"transformers", "convnext.", huggingStem, huggingBlock, downsample, huggingBack, huggingHead},
     {"transformers",
      "convnextv2.",
      huggingStem,
      huggingBlock,
      downsample,
      huggingBack,
      huggingHead},
     {"torchvision", "", torchStem, torchBlock, downsample, torchBack, torchHead},
     {"authors", "", authorsStem, authorsBlock, downsample, authorsBack, authorsHead}}};

} // namespace

std::string ConvNextDialect::blockName(std::size_t stage, std::size_t number) const {
    if (names == "transformers")
        return fmt::format("encoder.stages.{}.layers.{}", stage, number);
    if (names == "torchvision")
        return fmt::format("features.{}.{}", 2 * stage + 1, number);
    return fmt::format("stages.{}.{}{}", stage, names == "timm" ? "blocks." : "", number);
}

std::string ConvNextDialect::downsampleName(std::size_t stage) const {
    if (names == "transformers")
        return fmt::format("encoder.stages.{}.downsampling_layer", stage);
    if (names == "torchvision")
        return fmt::format("features.{}", 2 * stage);
    return names == "timm" ? fmt::format("stages.{}.downsample", stage)
                           : fmt::format("downsample_layers.{}", stage);
}

std::span<const ConvNextDialect> convNextDialects() { return dialects; }

const ConvNextDialect* convNextDialect(const HyperParameters& hyper) {
    const auto names = hyper.text("names");
    const auto found = std::ranges::find(dialects, names, &ConvNextDialect::names);
    if (found == dialects.end())
        return nullptr;
    return names == "transformers" && hyper.flag("grn") ? &*(found + 1) : &*found;
}

Result<ModelSpec> respellConvNext(ModelSpec timm, const ConvNextDialect& dialect) {
    const auto& stock = dialects[0];
    const auto base = dialect.base(timm.hyper.flag("wrapper"));
    const auto depths = timm.hyper.integers("depths");
    Respelling respelling(std::move(timm));
    const auto lead = [&](std::size_t stage) {
        respelling.add(dialect.downsample,
                       stock.downsampleName(stage) + ".",
                       base + dialect.downsampleName(stage) + ".");
    };
    const bool isLedFirst = dialect.names == "authors";
    respelling.add(dialect.stem, {}, base);
    for (std::size_t stage = 1; isLedFirst && stage < convNextStages; ++stage)
        lead(stage);
    std::size_t layer = 0;
    for (std::size_t stage = 0; stage < convNextStages; ++stage) {
        if (!isLedFirst && stage > 0)
            lead(stage);
        for (std::size_t i = 0; i < static_cast<std::size_t>(depths[stage]); ++i)
            respelling.addLayer(dialect.block, layer++, base + dialect.blockName(stage, i));
    }
    respelling.add(dialect.back, {}, base);
    respelling.add(dialect.head);
    return respelling.finish();
}

} // namespace heirloom
