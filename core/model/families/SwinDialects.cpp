// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of Swin transformers. Sources: timm, models/swin_transformer.py; transformers 5,
// models/swin/modeling_swin.py, and conversion_mapping.py for the names of transformers 4, which
// saved files still have; torchvision, models/swin_transformer.py; the authors' own code,
// microsoft/Swin-Transformer.
#include "core/model/families/SwinDialects.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

constexpr std::string_view table = "attn.relative_position_bias_table";
constexpr std::string_view index = "attn.relative_position_index";

constexpr Word same(std::string_view name) { return {name, name}; }

constexpr std::array timmFront = {same("patch_embed.proj"), same("patch_embed.norm")};
constexpr std::array timmBlock = {same("norm1"),
                                  same(table),
                                  same("attn.qkv"),
                                  same("attn.proj"),
                                  same("norm2"),
                                  same("mlp.fc1"),
                                  same("mlp.fc2")};
constexpr std::array timmMerging = {same("norm"), same("reduction")};
constexpr std::array timmBack = {same("norm")};
constexpr std::array timmHead = {same("head.fc")};

constexpr std::array huggingFront = {
    Word{"patch_embed.proj", "embeddings.patch_embeddings.projection"},
    Word{"patch_embed.norm", "embeddings.norm"}};
constexpr std::array huggingBlock = {
    Word{"attn.qkv", "attention.q_proj", 0, 3},
    Word{"attn.qkv", "attention.k_proj", 1, 3},
    Word{"attn.qkv", "attention.v_proj", 2, 3},
    Word{"attn.proj", "attention.o_proj"},
    Word{table, "attention.relative_position_bias.relative_position_bias_table"},
    Word{"norm1", "layernorm_before"},
    Word{"norm2", "layernorm_after"},
    Word{"mlp.fc1", "mlp.fc1"},
    Word{"mlp.fc2", "mlp.fc2"}};
constexpr std::array huggingBlock4 = {Word{"norm1", "layernorm_before"},
                                      Word{table, "attention.self.relative_position_bias_table"},
                                      Word{index, "attention.self.relative_position_index"},
                                      Word{"attn.qkv", "attention.self.query", 0, 3},
                                      Word{"attn.qkv", "attention.self.key", 1, 3},
                                      Word{"attn.qkv", "attention.self.value", 2, 3},
                                      Word{"attn.proj", "attention.output.dense"},
                                      Word{"norm2", "layernorm_after"},
                                      Word{"mlp.fc1", "intermediate.dense"},
                                      Word{"mlp.fc2", "output.dense"}};
constexpr std::array otherMerging = {same("reduction"), same("norm")};
constexpr std::array huggingBack = {Word{"norm", "layernorm"}};
constexpr std::array huggingHead = {Word{"head.fc", "classifier"}};

constexpr std::array torchFront = {Word{"patch_embed.proj", "features.0.0"},
                                   Word{"patch_embed.norm", "features.0.2"}};
constexpr std::array torchBlock = {same("norm1"),
                                   same(table),
                                   same(index),
                                   same("attn.qkv"),
                                   same("attn.proj"),
                                   same("norm2"),
                                   Word{"mlp.fc1", "mlp.0"},
                                   Word{"mlp.fc2", "mlp.3"}};
constexpr std::array torchHead = {Word{"head.fc", "head"}};

constexpr std::array authorsBlock = {same("norm1"),
                                     same(table),
                                     same(index),
                                     same("attn.qkv"),
                                     same("attn.proj"),
                                     same("norm2"),
                                     same("mlp.fc1"),
                                     same("mlp.fc2")};

// The authors' blocks are called as timm's: theirs are told by the head or by the first merging.
constexpr std::array<SwinDialect, 5> dialects = {
    {{"timm", "", timmFront, timmBlock, timmMerging, timmBack, timmHead, ""},
     {"transformers",
      "swin.",
      huggingFront,
      huggingBlock,
      otherMerging,
      huggingBack,
      huggingHead,
      ""},
     {"transformers4",
      "swin.",
      huggingFront,
      huggingBlock4,
      otherMerging,
      huggingBack,
      huggingHead,
      "square"},
     {"torchvision", "", torchFront, torchBlock, otherMerging, timmBack, torchHead, "flat"},
     {"authors", "", timmFront, authorsBlock, otherMerging, timmBack, torchHead, "square"}}};

} // namespace

std::string SwinDialect::blockName(std::size_t stage, std::size_t number) const {
    if (names == "torchvision")
        return fmt::format("features.{}.{}", 2 * stage + 1, number);
    return fmt::format(
        "{}layers.{}.blocks.{}", names.starts_with("trans") ? "encoder." : "", stage, number);
}

std::string SwinDialect::mergingName(std::size_t stage) const {
    if (names == "torchvision")
        return fmt::format("features.{}", 2 * stage);
    // all but timm count the merging to the stage that it leaves
    return names == "timm" ? fmt::format("layers.{}.downsample", stage)
                           : fmt::format("{}layers.{}.downsample",
                                         names == "authors" ? "" : "encoder.",
                                         stage - 1);
}

std::span<const SwinDialect> swinDialects() { return dialects; }

const SwinDialect* swinDialect(std::string_view names) {
    const auto found = std::ranges::find(dialects, names, &SwinDialect::names);
    return found == dialects.end() ? nullptr : &*found;
}

Result<ModelSpec> respellSwin(ModelSpec timm, const SwinDialect& dialect) {
    const auto& stock = dialects[0];
    const auto base = dialect.base(timm.hyper.flag("wrapper"));
    const auto depths = timm.hyper.integers("depths");
    Respelling respelling(std::move(timm));
    respelling.add(dialect.front, {}, base);
    std::size_t layer = 0;
    const auto merge = [&](std::size_t stage) {
        respelling.add(dialect.merging,
                       stock.mergingName(stage) + ".",
                       base + dialect.mergingName(stage) + ".");
    };
    for (std::size_t stage = 0; stage < depths.size(); ++stage) {
        if (stage > 0)
            merge(stage);
        for (std::size_t i = 0; i < static_cast<std::size_t>(depths[stage]); ++i)
            respelling.addLayer(dialect.block, layer++, base + dialect.blockName(stage, i));
    }
    respelling.add(dialect.back, {}, base);
    respelling.add(dialect.head);
    return respelling.finish();
}

} // namespace heirloom
