// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/engine/EngineTestSupport.h"

#include <gtest/gtest.h>

namespace heirloom::test {
namespace {

/// Logits of timm and torchvision, float32. Every term of these models is away from its neutral
/// value, so that a forgotten one shows.
class GoldenForward : public testing::TestWithParam<const char*> {};

TEST_P(GoldenForward, LogitsEqualTheOriginals) {
    const GoldenCase golden = goldenCase(GetParam());
    const auto result =
        engine().forward(golden.model, golden.weights, *golden.io.find("input"), "cpu");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->logits.shape, golden.io.find("logits")->shape);
    EXPECT_LT(relativeDifference(toFloats(result->logits), toFloats(*golden.io.find("logits"))),
              1e-4);
}

INSTANTIATE_TEST_SUITE_P(AllFamilies,
                         GoldenForward,
                         testing::Values("vit",
                                         "deit_distilled",
                                         "dinov2_reg",
                                         "convnext",
                                         "convnextv2",
                                         "resnet_basic",
                                         "resnet_bottleneck",
                                         "mixer",
                                         "swin"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Forward, NamesATensorThatTheWeightsLack) {
    const GoldenCase golden = goldenCase("vit");
    StateDict weights;
    for (const auto& [name, tensor] : golden.weights.entries())
        if (name != "blocks.2.mlp.fc1.bias")
            weights.set(name, tensor);
    const auto result = engine().forward(golden.model, weights, *golden.io.find("input"), "cpu");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().where, "blocks.2.mlp.fc1.bias");
}

TEST(Forward, NamesATensorOfAnotherShape) {
    GoldenCase golden = goldenCase("vit");
    golden.weights.set("norm.bias", HostTensor::zeros(DType::F32, {35}));
    const auto result =
        engine().forward(golden.model, golden.weights, *golden.io.find("input"), "cpu");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().where, "norm.bias");
    EXPECT_NE(result.error().text.find("36"), std::string::npos) << result.error().text;
}

TEST(Forward, TellsInOneLineWhatTorchFoundWrong) {
    const GoldenCase golden = goldenCase("vit");
    const auto result = engine().forward(
        golden.model, golden.weights, HostTensor::zeros(DType::F32, {2, 4, 32, 32}), "cpu");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("expected input[2, 4, 32, 32] to have 3 channels"),
              std::string::npos)
        << result.error().text;
    EXPECT_EQ(result.error().text.find('\n'), std::string::npos) << result.error().text;
}

TEST(Forward, RefusesAFamilyThatItHasNoModuleFor) {
    GoldenCase golden = goldenCase("vit");
    golden.model.family = "unknown";
    const auto result =
        engine().forward(golden.model, golden.weights, *golden.io.find("input"), "cpu");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("vit, convnext, resnet"), std::string::npos)
        << result.error().text;
}

TEST(Forward, SaysWhyADeviceCannotBeUsed) {
    const GoldenCase golden = goldenCase("vit");
    const auto result =
        engine().forward(golden.model, golden.weights, *golden.io.find("input"), "cuda:99");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("cuda:99"), std::string::npos) << result.error().text;
}

} // namespace
} // namespace heirloom::test
