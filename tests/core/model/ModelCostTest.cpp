// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelCost.h"

#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

namespace heirloom {
namespace {

nlohmann::json goldenCosts() {
    std::ifstream file(test::dataFolder() / "golden/cost/cost.json");
    return nlohmann::json::parse(file);
}

/// Of no family that is known here, on purpose.
constexpr std::string_view stranger = "timm-mobilenetv3_small_100";

bool isStored(const std::string& label) {
    return std::filesystem::exists(test::dataFolder() / "golden/models" / (label + ".json"));
}

Parameter parameter(std::string name, Shape shape, std::int64_t positions) {
    Parameter made;
    made.name = std::move(name);
    made.shape = std::move(shape);
    made.dtype = DType::F32;
    made.positions = positions;
    return made;
}

/// A tiny decoder whose head is its embedding.
ModelSpec tiedSpec() {
    ModelSpec spec;
    spec.parameters = {parameter("embed.weight", {10, 4}, 0),
                       parameter("fc.weight", {4, 4}, perTextToken),
                       parameter("fc.bias", {4}, 0),
                       parameter("head.weight", {10, 4}, perTextToken)};
    spec.tied = {{"head.weight", "embed.weight"}};
    spec.attentions = {{.windows = 1, .tokens = perTextToken, .width = 4}};
    return spec;
}

void expectWithinOnePercent(std::int64_t ours, const nlohmann::json& theirs, const char* who) {
    if (theirs.is_null())
        return;
    const auto expected = theirs.get<double>();
    EXPECT_NEAR(static_cast<double>(ours), expected, 0.01 * expected) << who;
}

TEST(ModelCost, EqualsWhatFvcoreAndPtflopsCountForStockModels) {
    const auto golden = goldenCosts();
    int compared = 0;
    for (const auto& row : golden.at("models")) {
        const auto label = row.at("model").get<std::string>();
        if (label == stranger || !isStored(label))
            continue;
        SCOPED_TRACE(label);
        const auto checkpoint =
            test::namesOnly(test::tensorsOf(test::goldenModel(label).at("entries")));
        const auto spec = recognizeModel(*checkpoint);
        ASSERT_TRUE(spec) << spec.error().message();
        EXPECT_NE(spec->family, "unknown");
        const auto cost = modelCost(
            *spec, {.textTokens = golden.at("text_tokens").get<std::int64_t>(), .dtype = {}});
        EXPECT_EQ(cost.parameters, row.at("parameters").get<std::int64_t>());
        EXPECT_TRUE(knowsMacs(*spec));
        expectWithinOnePercent(cost.macs, row.at("fvcore_products"), "fvcore, products");
        expectWithinOnePercent(cost.macs, row.at("ptflops"), "ptflops");
        EXPECT_EQ(cost.readsText, row.at("input").size() == 2);
        ++compared;
    }
    EXPECT_GE(compared, 60);
}

TEST(ModelCost, CountsATiedTensorOnceAndMultipliesByItWhereItIsUsed) {
    const auto cost = modelCost(tiedSpec(), {.textTokens = 3, .dtype = {}});
    EXPECT_EQ(cost.parameters, 40 + 16 + 4);
    EXPECT_EQ(cost.bytes, 4 * 60);
    EXPECT_EQ(cost.macs, 3 * 16 + 3 * 40 + 2 * 3 * 3 * 4);
    EXPECT_TRUE(cost.readsText);
}

TEST(ModelCost, CountsBothTensorsWhereTheKeptOneIsNotThere) {
    auto spec = tiedSpec();
    spec.parameters.erase(spec.parameters.begin());
    EXPECT_EQ(modelCost(spec).parameters, 16 + 4 + 40);
}

TEST(ModelCost, CountsBuffersInBytesAlone) {
    auto spec = tiedSpec();
    auto counter = parameter("bn.num_batches_tracked", {}, 0);
    counter.isBuffer = true;
    counter.dtype = DType::I64;
    spec.parameters.push_back(counter);
    const auto cost = modelCost(spec);
    EXPECT_EQ(cost.parameters, 60);
    EXPECT_EQ(cost.bytes, 4 * 60 + 8);
}

TEST(ModelCost, CountsBytesInAnotherTypeButLeavesIntegersAsTheyAre) {
    auto spec = tiedSpec();
    spec.parameters[2].dtype = DType::I64;
    const auto cost = modelCost(spec, {.dtype = DType::BF16});
    EXPECT_EQ(cost.bytes, 2 * 56 + 8 * 4);
}

TEST(ModelCost, StaysAtTheLargestNumberInsteadOfOverflowing) {
    auto spec = tiedSpec();
    spec.parameters[1].shape = {std::int64_t{1} << 31, std::int64_t{1} << 31};
    const auto cost = modelCost(spec, {.textTokens = 1 << 20, .dtype = {}});
    EXPECT_EQ(cost.macs, std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(cost.bytes, std::numeric_limits<std::int64_t>::max());
}

TEST(ModelCost, KnowsNoMacsOfAnUnknownNet) {
    const auto spec = recognizeModel(*test::namesOnly({{"a.weight", DType::F32, {4, 4}}}));
    ASSERT_TRUE(spec);
    EXPECT_FALSE(knowsMacs(*spec));
    EXPECT_EQ(modelCost(*spec).macs, 0);
}

TEST(ModelCost, AgreesWithTheKnownCountOfTheCifarResNet20) {
    const auto spec = modelFromName("resnet20");
    ASSERT_TRUE(spec);
    const auto cost = modelCost(*spec);
    EXPECT_EQ(cost.parameters, 269722);
    // conv1; 6 + 5 + 5 convolutions of equal cost and the two that halve the image; the classifier
    EXPECT_EQ(cost.macs, 442368 + 16 * 2359296 + 2 * 1179648 + 640);
}

} // namespace
} // namespace heirloom
