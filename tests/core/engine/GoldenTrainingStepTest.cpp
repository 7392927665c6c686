// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Network.h"
#include "core/engine/TensorBridge.h"
#include "tests/core/engine/EngineTestSupport.h"

#include <gtest/gtest.h>

#include <cmath>

namespace heirloom::test {
namespace {

/// Forward and backward in training mode: loss, logits, the norm of every gradient, batch-norm
/// statistics after the step.
class GoldenTrainingStep : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTrainingStep, LossGradientsAndBuffersEqualTheOriginals) {
    const GoldenCase golden = goldenCase(GetParam());
    const auto network = makeNetwork(golden.model, golden.weights, at::kCPU);
    ASSERT_TRUE(network) << network.error().message();
    const at::Tensor input = *toTorch(*golden.io.find("input"), at::kCPU, "input");
    const at::Tensor labels = *toTorch(*golden.train.find("labels"), at::kCPU, "labels");

    const at::Tensor logits = (*network)->forward(input, Mode::Training);
    const at::Tensor loss =
        at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, 0.1);
    loss.backward();

    EXPECT_NEAR(loss.item<float>(), toFloats(*golden.train.find("loss"))[0], 1e-5);
    EXPECT_LT(
        relativeDifference(toFloats(toHost(logits)), toFloats(*golden.train.find("train_logits"))),
        1e-4);
    std::size_t gradients = 0;
    for (const auto& [name, tensor] : (*network)->weights().entries()) {
        if (const HostTensor* expected = golden.train.find("grad_norm." + name)) {
            const double norm = toFloats(*expected)[0];
            // A gradient that is zero in exact arithmetic (key biases) is rounding noise on both
            // sides.
            EXPECT_NEAR(tensor.grad().norm().item<double>(), norm, 5e-4 * norm + 1e-6) << name;
            ++gradients;
        }
        if (const HostTensor* expected = golden.train.find("after." + name)) {
            const at::Tensor after = *toTorch(*expected, at::kCPU, name);
            EXPECT_TRUE(at::allclose(tensor, after, 1e-4, 1e-6)) << name;
        }
    }
    EXPECT_EQ(gradients, (*network)->weights().parameters().size());
}

INSTANTIATE_TEST_SUITE_P(AllFamilies,
                         GoldenTrainingStep,
                         testing::Values("vit",
                                         "deit_distilled",
                                         "convnext",
                                         "resnet_basic",
                                         "resnet_bottleneck",
                                         "mixer"),
                         [](const auto& test) { return std::string(test.param); });

} // namespace
} // namespace heirloom::test
