// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"

#include <gtest/gtest.h>

using namespace heirloom;
using namespace heirloom::test;

namespace {

ModelSpec model(std::string_view name) {
    auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

using Names = std::vector<std::string>;

} // namespace

TEST(Swin, AStageIsOneResidualStreamFromItsMergingOn) {
    const auto members = membersOf(model("swin:dims=32-64,depths=1-1,heads=1-2,image=64"));
    EXPECT_EQ(members.at("layers.0.residual"),
              (Names{"patch_embed.proj.weight axis 0",
                     "patch_embed.proj.bias axis 0",
                     "patch_embed.norm.weight axis 0",
                     "patch_embed.norm.bias axis 0",
                     "layers.0.blocks.0.norm1.weight axis 0",
                     "layers.0.blocks.0.norm1.bias axis 0",
                     "layers.0.blocks.0.attn.qkv.weight axis 1",
                     "layers.0.blocks.0.attn.proj.weight axis 0",
                     "layers.0.blocks.0.attn.proj.bias axis 0",
                     "layers.0.blocks.0.norm2.weight axis 0",
                     "layers.0.blocks.0.norm2.bias axis 0",
                     "layers.0.blocks.0.mlp.fc1.weight axis 1",
                     "layers.0.blocks.0.mlp.fc2.weight axis 0",
                     "layers.0.blocks.0.mlp.fc2.bias axis 0",
                     "layers.1.downsample.norm.weight axis 0",
                     "layers.1.downsample.norm.bias axis 0",
                     "layers.1.downsample.reduction.weight axis 1"}));
    EXPECT_EQ(members.at("merge"),
              (Names{"layers.1.downsample.norm.weight axis 0",
                     "layers.1.downsample.norm.bias axis 0",
                     "layers.1.downsample.reduction.weight axis 1"}));
    EXPECT_EQ(members.at("layers.1.blocks.0.heads"),
              (Names{"layers.1.blocks.0.attn.relative_position_bias_table axis 1",
                     "layers.1.blocks.0.attn.qkv.weight axis 0",
                     "layers.1.blocks.0.attn.qkv.bias axis 0",
                     "layers.1.blocks.0.attn.proj.weight axis 1"}));
    EXPECT_EQ(members.at("layers.1.blocks.0.offsets"),
              Names{"layers.1.blocks.0.attn.relative_position_bias_table axis 0"});
}

TEST(Swin, TheFourMergedPixelsAreTheOuterIndex) {
    const auto spec = model("swin_tiny_patch4_window7_224");
    const auto& axis = spec.find("layers.1.downsample.reduction.weight")->axes[1];
    ASSERT_EQ(axis.segments.size(), 1U);
    EXPECT_EQ(axis.segments[0].spaces,
              (std::vector<int>{spec.spaceIndex("merge"), spec.spaceIndex("layers.0.residual")}));
    const auto offsets = spec.spaceIndex("layers.0.blocks.1.offsets");
    ASSERT_GE(offsets, 0);
    EXPECT_EQ(spec.spaces[static_cast<std::size_t>(offsets)].kind, SpaceKind::Tokens);
    EXPECT_EQ(spec.spaces[static_cast<std::size_t>(offsets)].size, 169);
}

TEST(Swin, HeadsFollowTheWidths) {
    const auto spec = model("swin_tiny_patch4_window7_224:dims=64-128-256-512");
    EXPECT_EQ(spec.hyper.integers("heads"), (std::vector<std::int64_t>{2, 4, 8, 16}));
    const auto odd = modelFromName("swin_tiny_patch4_window7_224:dims=50-100-200-400");
    ASSERT_FALSE(odd);
    EXPECT_NE(odd.error().message().find("multiple of heads"), std::string::npos);
}

TEST(Swin, OnlyTimmShrinksItsWindowsToASmallImage) {
    const auto tableOf = [](const ModelSpec& spec, std::string_view name) {
        return spec.find(name)->shape[0];
    };
    const auto timm = model("swin_tiny_patch4_window7_224:image=64"); // 16, 8, 4 and 2 pixels
    EXPECT_EQ(tableOf(timm, "layers.1.blocks.0.attn.relative_position_bias_table"), 169);
    EXPECT_EQ(tableOf(timm, "layers.2.blocks.0.attn.relative_position_bias_table"), 49);
    EXPECT_EQ(tableOf(timm, "layers.3.blocks.0.attn.relative_position_bias_table"), 9);
    const auto torch = model("swin_t:image=64");
    EXPECT_EQ(tableOf(torch, "features.7.0.attn.relative_position_bias_table"), 169);
    EXPECT_FALSE(modelFromName("swin_tiny_patch4_window7_224:image=16"));
}

TEST(Swin, StoresTheIndexOfRelativePositionsAsItsLibraryDoes) {
    const auto torch = model("swin_t");
    const auto* flat = torch.find("features.1.0.attn.relative_position_index");
    ASSERT_TRUE(flat);
    EXPECT_EQ(flat->shape, Shape{2401});
    EXPECT_TRUE(flat->isBuffer);
    EXPECT_EQ(flat->dtype, DType::I64);
    EXPECT_EQ(flat->init, InitRule::WindowIndex);
    const auto four = model("swin_tiny_patch4_window7_224:names=transformers4");
    const auto* square =
        four.find("swin.encoder.layers.0.blocks.0.attention.self.relative_position_index");
    ASSERT_TRUE(square);
    EXPECT_EQ(square->shape, (Shape{49, 49}));
    for (const auto& parameter :
         model("swin_tiny_patch4_window7_224:names=transformers").parameters)
        EXPECT_FALSE(parameter.isBuffer) << parameter.name;
}

TEST(Swin, ReadsTheAuthorsOwnFiles) {
    const auto spec = model("swin_tiny_patch4_window7_224:names=authors");
    EXPECT_TRUE(spec.find("layers.0.downsample.reduction.weight"));
    EXPECT_TRUE(spec.find("head.weight"));
    auto tensors = tensorsOf(spec);
    tensors.push_back({"layers.0.blocks.1.attn_mask", DType::F32, {64, 49, 49}});
    const auto read = recognizeModel(*namesOnly(tensors));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->name, spec.name) << testing::PrintToString(read->notes);
}

TEST(Swin, CountsWindowsAsTheyAreFilledUp) {
    const auto spec = model("swin_tiny_patch4_window7_224:image=64"); // 16 pixels: 3 windows of 7
    EXPECT_EQ(spec.attentions.size(), 12U);
    EXPECT_EQ(spec.attentions[0].windows, 9);
    EXPECT_EQ(spec.attentions[0].tokens, 49);
    EXPECT_EQ(spec.find("layers.0.blocks.0.attn.qkv.weight")->positions, 9 * 49);
    EXPECT_EQ(spec.find("layers.0.blocks.0.mlp.fc1.weight")->positions, 256);
    EXPECT_EQ(spec.find("layers.1.downsample.reduction.weight")->positions, 64);
    EXPECT_EQ(spec.find("layers.0.blocks.0.attn.relative_position_bias_table")->positions, 0);
}
