// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/CheckpointWriter.h"
#include "core/engine/FirstDialect.h"
#include "core/engine/TensorBridge.h"
#include "core/model/OpenedModel.h"
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace heirloom::test {
namespace {

std::string caseLabel(const testing::TestParamInfo<std::string>& test) {
    std::string name = test.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

/// Every part of a known family that changes what a net computes, and every library's names: the
/// numbers are the library's own. None may be computed wrongly in silence.
class StockLogits : public testing::TestWithParam<std::string> {};

TEST_P(StockLogits, EqualThoseOfTheLibrarysOwnClass) {
    for (const auto weights : {StockWeights::Usual, StockWeights::Small}) {
        const StockCase stock = stockCase(GetParam(), weights);
        const ModelSpec model = stock.model();
        ASSERT_NE(model.family, "unknown") << testing::PrintToString(model.notes);
        const auto result = engine().forward(model, stock.weights, stockInput(), "cpu");
        ASSERT_TRUE(result) << result.error().message();
        EXPECT_EQ(result->logits.shape, (Shape{2, 10}));
        EXPECT_LT(relativeDifference(toFloats(result->logits), stock.logits), 1e-5)
            << model.name << (weights == StockWeights::Small ? ", small weights" : "");
    }
}

TEST_P(StockLogits, GradientsReachEveryParameterAndEqualTheLibrarys) {
    const StockCase stock = stockCase(GetParam());
    const ModelSpec model = stock.model();
    const auto spoken = FirstDialect::of(model, stock.weights);
    ASSERT_TRUE(spoken) << spoken.error().message();
    const auto network = spoken->network(at::kCPU);
    ASSERT_TRUE(network) << network.error().message();
    const at::Tensor logits =
        (*network)->forward(*toTorch(stockInput(), at::kCPU, "input"), Mode::Evaluation);
    at::cross_entropy_loss(logits, at::arange(3, 8, 4, at::kLong)).backward();
    double squares = 0;
    for (const at::Tensor& parameter : (*network)->weights().parameters()) {
        ASSERT_TRUE(parameter.grad().defined());
        squares += parameter.grad().to(at::kDouble).square().sum().item<double>();
    }
    EXPECT_NEAR(std::sqrt(squares), stock.gradient, 2e-5 * stock.gradient);
}

INSTANTIATE_TEST_SUITE_P(AllFeatures, StockLogits, testing::ValuesIn(stockCaseNames()), caseLabel);

/// transformers' folders: config.json tells what no tensor shows.
class StockFolder : public testing::TestWithParam<std::string> {};

TEST_P(StockFolder, ComputesWhatTheLibrarysOwnClassDoesWithoutAWordFromTheUser) {
    const StockCase stock = stockCase(GetParam());
    const TemporaryFolder folder;
    const auto written =
        writeCheckpoint(folder / "model.safetensors", CheckpointFormat::Safetensors, stock.weights);
    ASSERT_TRUE(written) << written.error().message();
    std::ofstream(folder / "config.json") << stock.config;
    const auto opened = openModel(folder.path().string(), ModelText::FileOnly);
    ASSERT_TRUE(opened) << opened.error().message();
    const auto result = engine().forward(*opened->spec, stock.weights, stockInput(), "cpu");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_LT(relativeDifference(toFloats(result->logits), stock.logits), 1e-5)
        << testing::PrintToString(opened->spec->notes);
}

INSTANTIATE_TEST_SUITE_P(OfTransformers,
                         StockFolder,
                         testing::ValuesIn([] {
                             auto names = stockCaseNames();
                             std::erase_if(names, [](const std::string& name) {
                                 return !name.starts_with("transformers-");
                             });
                             return names;
                         }()),
                         caseLabel);

TEST(StockActivation, ThatIsNotBuiltIsRefusedBeforeTraining) {
    const StockCase stock = stockCase("transformers-vit");
    ModelSpec model = stock.model();
    model.hyper.set("act", std::string("laplace"));
    const auto result = engine().forward(model, stock.weights, stockInput(), "cpu");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text,
              "its activation 'laplace' cannot be trained here; these can: gelu, quick_gelu, "
              "gelu_tanh, relu, silu");
    EXPECT_NE(result.error().advice.find("selection and export work"), std::string::npos);
}

TEST(StockNet, OfAFamilyForTextIsRefusedBeforeTraining) {
    for (const auto* name : {"bert:dim=32,depth=1,heads=2",
                             "gpt2:dim=32,depth=1,heads=2",
                             "llama:dim=32,depth=1,heads=2,kv_heads=1"}) {
        const auto model = modelFromName(name);
        ASSERT_TRUE(model) << model.error().message();
        const auto result = engine().forward(*model, StateDict{}, stockInput(), "cpu");
        ASSERT_FALSE(result);
        EXPECT_NE(result.error().text.find("cannot be trained here; these can: vit, convnext"),
                  std::string::npos)
            << result.error().text;
        EXPECT_EQ(result.error().advice, "Selection and export work without training");
    }
}

TEST(StockNet, WithAPartThatItsModuleDoesNotKnowIsRefusedBeforeTraining) {
    StockCase stock = stockCase("timm-vit");
    ModelSpec model = stock.model();
    Parameter added = model.parameters.back();
    added.name = "blocks.0.attn.gate.weight";
    model.parameters.push_back(added);
    stock.weights.set(added.name, HostTensor::zeros(DType::F32, added.shape));
    const auto result = engine().forward(model, stock.weights, stockInput(), "cpu");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("blocks.0.attn.gate.weight"), std::string::npos);
    EXPECT_NE(result.error().text.find("cannot be trained here"), std::string::npos);
    EXPECT_EQ(result.error().advice, "Selection and export work without training");
}

} // namespace
} // namespace heirloom::test
