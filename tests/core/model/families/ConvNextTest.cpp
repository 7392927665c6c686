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

} // namespace

TEST(ConvNext, AxesOfOneDifferFromLibraryToLibrary) {
    EXPECT_EQ(model("convnext_tiny").find("stages.0.blocks.0.gamma")->shape, Shape{96});
    const auto torch = model("convnext_tiny:names=torchvision");
    EXPECT_EQ(torch.find("features.1.0.layer_scale")->shape, (Shape{96, 1, 1}));
    EXPECT_EQ(torch.find("features.1.0.layer_scale")->role, "stages.0.blocks.0.gamma");
    const auto hugging = model("convnextv2_atto:names=transformers");
    EXPECT_EQ(hugging.find("convnextv2.encoder.stages.0.layers.0.grn.weight")->shape,
              (Shape{1, 1, 1, 160}));
    EXPECT_EQ(model("convnextv2_atto").find("stages.0.blocks.0.mlp.grn.weight")->shape, Shape{160});
}

TEST(ConvNext, OnlyTimmWritesItsMatricesAsConvolutions) {
    EXPECT_EQ(model("convnext_atto").find("stages.0.blocks.0.mlp.fc1.weight")->shape,
              (Shape{160, 40, 1, 1}));
    const auto hugging = model("convnext_atto:names=transformers");
    EXPECT_EQ(hugging.find("convnext.encoder.stages.0.layers.0.pwconv1.weight")->shape,
              (Shape{160, 40}));
    EXPECT_FALSE(hugging.hyper.flag("conv_mlp"));
}

TEST(ConvNext, ReadsTheAuthorsOwnFiles) {
    for (const auto name : {"convnext_tiny:names=authors", "convnextv2_atto:names=authors"}) {
        const auto spec = model(name);
        EXPECT_EQ(spec.parameters[0].name, "downsample_layers.0.0.weight");
        EXPECT_TRUE(spec.find("stages.2.5.pwconv2.weight"));
        EXPECT_EQ(spec.layers[0].stack, "stages.0.blocks");
        const auto read = recognizeModel(*namesOnly(tensorsOf(spec)));
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->name, name) << testing::PrintToString(read->notes);
    }
}

TEST(ConvNext, ItsLargestSizesAreOfOneVersionEach) {
    // numbers of parameters from timm 1.0.31
    EXPECT_EQ(model("convnext_xlarge").parameterCount(), 350196968);
    EXPECT_EQ(model("convnextv2_huge").parameterCount(), 660289640);
    EXPECT_FALSE(modelFromName("convnext_huge"));
    EXPECT_FALSE(modelFromName("convnextv2_xlarge"));
}

TEST(ConvNext, TheImageChangesOnlyTheCount) {
    const auto usual = model("convnext_tiny"), large = model("convnext_tiny:image=384");
    EXPECT_EQ(tensorsOf(usual), tensorsOf(large));
    EXPECT_EQ(usual.find("stem.0.weight")->positions, 56 * 56);
    EXPECT_EQ(large.find("stem.0.weight")->positions, 96 * 96);
    EXPECT_EQ(usual.find("stages.3.blocks.0.conv_dw.weight")->positions, 7 * 7);
    EXPECT_EQ(usual.find("stages.1.downsample.1.weight")->positions, 28 * 28);
    EXPECT_EQ(usual.find("head.fc.weight")->positions, 1);
    EXPECT_TRUE(usual.attentions.empty());
}
