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

std::vector<std::string> namesOn(const ModelSpec& spec, const AxisSegment& segment) {
    std::vector<std::string> names;
    for (const int space : segment.spaces)
        names.push_back(spec.spaces[static_cast<std::size_t>(space)].name);
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST(Eva02, QAndKAreRotatedInPairsByDirectionAndFrequency) {
    const auto spec = model("eva02_tiny_patch14_224");
    const auto& qkv = spec.find("blocks.2.attn.qkv.weight")->axes[0];
    ASSERT_EQ(qkv.segments.size(), 3U);
    const Names rotated = {"blocks.2.heads", "directions", "blocks.2.rotary", "pair"};
    EXPECT_EQ(namesOn(spec, qkv.segments[0]), rotated);
    EXPECT_EQ(namesOn(spec, qkv.segments[1]), rotated);
    EXPECT_EQ(namesOn(spec, qkv.segments[2]), (Names{"blocks.2.heads", "blocks.2.v_dim"}));
    EXPECT_EQ(namesOn(spec, spec.find("blocks.2.attn.q_bias")->axes[0].segments[0]), rotated);
    const auto& rotary = spec.spaces[static_cast<std::size_t>(spec.spaceIndex("blocks.2.rotary"))];
    EXPECT_EQ(rotary.kind, SpaceKind::Rotary);
    EXPECT_EQ(rotary.size, 16);
}

TEST(Eva02, SplitMatricesAreStretchesOfTheFusedOnes) {
    const auto spec = model("eva02_base_patch14_224");
    EXPECT_EQ(spec.hyper.text("names"), "timm-split");
    const auto* key = spec.find("blocks.0.attn.k_proj.weight");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->role, "blocks.0.attn.qkv.weight");
    EXPECT_EQ(key->rolePart, 1);
    EXPECT_FALSE(spec.find("blocks.0.attn.k_proj.bias"));
    EXPECT_EQ(spec.find("blocks.0.attn.v_proj.bias")->role, "blocks.0.attn.v_bias");
    EXPECT_EQ(spec.find("blocks.0.mlp.fc1_x.weight")->rolePart, 1);
    EXPECT_EQ(spec.find("blocks.0.mlp.norm.weight")->shape, Shape{2048});
}

TEST(Eva02, HiddenSizeAndHeadsFollowTheWidth) {
    const auto spec = model("eva02_tiny_patch14_224:dim=256");
    EXPECT_EQ(spec.hyper.integer("heads"), 4);
    EXPECT_EQ(spec.hyper.integer("mlp"), 682);
    const auto odd = modelFromName("eva02_tiny_patch14_224:dim=100,heads=10");
    ASSERT_FALSE(odd);
    EXPECT_NE(odd.error().message().find("four times heads"), std::string::npos);
    EXPECT_EQ(positionPrefix(model("eva02_tiny_patch14_224")), 1);
}
