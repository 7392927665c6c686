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

TEST(ResNet, ADeepStemHasTwoInnerSpaces) {
    const auto members = membersOf(model("resnet18d"));
    EXPECT_EQ(members.at("stem.channels1"),
              (Names{"conv1.0.weight axis 0",
                     "conv1.1.weight axis 0",
                     "conv1.1.bias axis 0",
                     "conv1.1.running_mean axis 0",
                     "conv1.1.running_var axis 0",
                     "conv1.3.weight axis 1"}));
    EXPECT_EQ(members.at("stem.channels2").back(), "conv1.6.weight axis 1");
    EXPECT_EQ(members.at("layer1.residual").front(), "conv1.6.weight axis 0");
}

TEST(ResNet, AnAveragingDownsampleIsCalledOneLater) {
    const auto spec = model("resnet50d");
    EXPECT_TRUE(spec.find("layer2.0.downsample.1.weight"));
    EXPECT_EQ(spec.find("layer2.0.downsample.1.weight")->shape, (Shape{512, 256, 1, 1}));
    EXPECT_TRUE(spec.find("layer2.0.downsample.2.running_mean"));
    EXPECT_FALSE(spec.find("layer2.0.downsample.0.weight"));
}

TEST(ResNet, CountsThePixelsThatAConvolutionPutsOut) {
    const auto spec = model("resnet50");
    EXPECT_EQ(spec.find("conv1.weight")->positions, 112 * 112);
    EXPECT_EQ(spec.find("layer1.0.conv1.weight")->positions, 56 * 56);
    EXPECT_EQ(spec.find("layer2.0.conv1.weight")->positions, 56 * 56);
    EXPECT_EQ(spec.find("layer2.0.conv2.weight")->positions, 28 * 28);
    EXPECT_EQ(spec.find("layer2.0.downsample.0.weight")->positions, 28 * 28);
    EXPECT_EQ(spec.find("layer4.2.conv3.weight")->positions, 7 * 7);
    EXPECT_EQ(spec.find("bn1.weight")->positions, 0);
    EXPECT_EQ(spec.find("fc.weight")->positions, 1);
    EXPECT_EQ(model("resnet18").find("layer2.0.conv1.weight")->positions, 28 * 28);
    // odd sides round up: 225 -> 113 -> 57 -> 29
    EXPECT_EQ(model("resnet18:image=225").find("layer2.0.conv1.weight")->positions, 29 * 29);
}

TEST(CifarResNet, CountsImagesOf32Pixels) {
    const auto spec = model("resnet20");
    EXPECT_EQ(spec.find("conv1.weight")->positions, 1024);
    EXPECT_EQ(spec.find("layer2.0.conv1.weight")->positions, 256);
    EXPECT_EQ(spec.find("layer3.2.conv2.weight")->positions, 64);
    EXPECT_EQ(spec.find("linear.weight")->positions, 1);
}

TEST(MlpMixer, MultipliesOverPatchesOnceAChannel) {
    const auto spec = model("mixer_s32_224");
    EXPECT_EQ(spec.find("stem.proj.weight")->positions, 49);
    EXPECT_EQ(spec.find("blocks.0.mlp_tokens.fc1.weight")->positions, 512);
    EXPECT_EQ(spec.find("blocks.0.mlp_channels.fc1.weight")->positions, 49);
    EXPECT_EQ(spec.find("blocks.0.mlp_channels.fc1.bias")->positions, 0);
}
