// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Batches.h"
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace heirloom::test {
namespace {

/// Trained weights on 16 real images, as bytes: normalisation and the shortcuts without parameters
/// are in it.
class GoldenCifarResNet : public testing::TestWithParam<const char*> {};

TEST_P(GoldenCifarResNet, LogitsOfTrainedWeightsEqualTheOriginals) {
    const auto folder = dataFolder() / "golden" / "forward" / GetParam();
    const auto description = nlohmann::json::parse(std::ifstream(folder / "case.json"));
    const auto file = foreignData(description["weights"]);
    if (!file)
        GTEST_SKIP() << description["weights"]
                     << " is not here (HEIRLOOM_TEST_DATA or ../shared/data)";
    const auto checkpoint = openCheckpoint(*file);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    const auto model = recognizeModel(**checkpoint);
    ASSERT_TRUE(model);
    EXPECT_EQ(model->family, "cifar_resnet");
    const StateDict weights = *(*checkpoint)->readAll();
    const StateDict io = readAll(folder / "io.safetensors");
    const HostTensor& pixels = *io.find("pixels");
    const auto mean = description["mean"].get<std::vector<float>>();
    const auto deviation = description["std"].get<std::vector<float>>();
    HostTensor input = HostTensor::zeros(DType::F32, {16, 3, 32, 32});
    for (std::size_t n = 0; n < 16; ++n)
        for (std::size_t i = 0; i < 32 * 32; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                input.floats()[(n * 3 + c) * 1024 + i] =
                    (static_cast<float>(
                         std::to_integer<int>(pixels.bytes[(n * 1024 + i) * 3 + c])) /
                         255.0F -
                     mean[c]) /
                    deviation[c];
    const auto result = engine().forward(*model, weights, input, "cpu");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_LT(relativeDifference(toFloats(result->logits), toFloats(*io.find("logits"))), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Depths,
                         GoldenCifarResNet,
                         testing::Values("cifar_resnet20", "cifar_resnet32"),
                         [](const auto& test) { return std::string(test.param); });

} // namespace
} // namespace heirloom::test
