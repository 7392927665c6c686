// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers of tests/data/golden/scores: float64 code that follows the rule sentence by sentence, on
// golden/forward/vit.
#include "core/selection/SpaceScores.h"

#include "core/base/Random.h"
#include "core/selection/SliceDistances.h"
#include "core/selection/Strategy.h"
#include "core/selection/strategies/Strategies.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <cmath>
#include <limits>

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kGoldenVit =
    "vit:dim=36,depth=4,heads=3,mlp=144,patch=8,image=32,num_classes=10";

std::shared_ptr<const Checkpoint> goldenModel(std::string_view name) {
    auto opened = openCheckpoint(dataFolder() / "golden/forward" / name / "weights.safetensors");
    if (!opened)
        throw std::runtime_error(opened.error().message());
    return *opened;
}

/// Our words for the golden files' scores.
const std::vector<std::pair<std::string, std::string>> kGoldenScores = {
    {"magnitude_l1", "magnitude:norm=1"},
    {"magnitude_l2", "magnitude"},
    {"depgraph_l1", "magnitude-depgraph:norm=1"},
    {"depgraph_l2", "magnitude-depgraph"},
    {"fpgm", "fpgm"}};

std::vector<double> scoresOf(WeightScores& weights, std::string_view words, int space) {
    const auto selection = parseElementSelection(words).value();
    return weights.scores({.strategy = selection.strategy, .space = space, .selection = selection})
        .value();
}

TEST(SpaceScores, EqualTheGoldenOnesOfEverySpaceAndKeepTheSameHalf) {
    const auto checkpoint = goldenModel("vit");
    const auto spec = model(kGoldenVit);
    const auto file = golden("scores/vit.json");
    WeightScores weights(*checkpoint, *spec);
    int compared = 0;
    for (const auto& [name, expected] : file["scores"].items()) {
        const int space = spec->spaceIndex(name);
        ASSERT_GE(space, 0) << name;
        for (const auto& [key, words] : kGoldenScores) {
            const auto made = scoresOf(weights, words, space);
            const auto golden = expected[key].get<std::vector<double>>();
            ASSERT_EQ(made.size(), golden.size()) << name;
            for (std::size_t i = 0; i < golden.size(); ++i)
                EXPECT_NEAR(made[i], golden[i], 1e-9 * golden[i]) << name << " " << key << " " << i;
            const auto half = file["top_half"][name][key].get<Indices>();
            EXPECT_EQ(highestScores(made, static_cast<std::int64_t>(half.size())), half)
                << name << " " << key;
            ++compared;
        }
    }
    EXPECT_EQ(compared, 17 * 5);
}

TEST(SpaceScores, TheSmallestAreThoseThatMagnitudeLeaves) {
    const auto checkpoint = goldenModel("vit");
    const auto spec = model(kGoldenVit);
    const auto file = golden("scores/vit.json");
    WeightScores weights(*checkpoint, *spec);
    for (const auto& [name, half] : file["top_half"].items()) {
        const auto kept = half["magnitude_l2"].get<Indices>();
        const auto made = scoresOf(weights, "smallest", spec->spaceIndex(name));
        Indices left;
        for (std::int64_t i = 0; i < std::ssize(made); ++i)
            if (std::ranges::find(kept, i) == kept.end())
                left.push_back(i);
        EXPECT_EQ(highestScores(made, std::ssize(left)), left) << name;
    }
}

TEST(SpaceScores, EqualThoseOfTorchPruningOnAResNet) {
    const auto checkpoint = goldenModel("resnet_basic");
    const auto spec = recognizeModel(*checkpoint).value();
    const auto file = golden("scores/resnet_depgraph.json");
    WeightScores weights(*checkpoint, spec);
    const std::vector<std::pair<std::string, std::string>> spaces = {
        {"layer2.residual", "layer2_stage"}, {"layer2.0.channels", "layer2_0_inner"}};
    for (const auto& [ours, theirs] : spaces)
        for (const int norm : {1, 2}) {
            const int space = spec.spaceIndex(ours);
            ASSERT_GE(space, 0) << ours;
            const auto made =
                scoresOf(weights, fmt::format("magnitude-depgraph:norm={}", norm), space);
            const auto golden =
                file["scores"][fmt::format("{}_l{}", theirs, norm)].get<std::vector<double>>();
            ASSERT_EQ(made.size(), golden.size());
            for (std::size_t i = 0; i < golden.size(); ++i)
                EXPECT_NEAR(made[i], golden[i], 2e-6 * golden[i]) << ours << " " << i; // float32
        }
}

TEST(SpaceScores, OfGainsAreThoseOfTheNormsAndNoneWhereThereIsNoNorm) {
    const auto checkpoint = goldenModel("vit");
    const auto spec = model(kGoldenVit);
    WeightScores weights(*checkpoint, *spec);
    std::vector<double> expected(36, 0.0);
    for (const auto& parameter : spec->parameters)
        if (parameter.shape == Shape{36} && parameter.name.find("norm") != std::string::npos &&
            parameter.name.ends_with("weight")) {
            const auto gains =
                toFloats(checkpoint->read(*checkpoint->find(parameter.name)).value());
            double mean = 0;
            for (const float gain : gains)
                mean += std::abs(static_cast<double>(gain)) / 36;
            for (std::size_t i = 0; i < gains.size(); ++i)
                expected[i] += std::abs(static_cast<double>(gains[i])) / mean;
        }
    const auto made = scoresOf(weights, "gain", spec->spaceIndex("residual"));
    ASSERT_EQ(made.size(), expected.size());
    for (std::size_t i = 0; i < made.size(); ++i)
        EXPECT_NEAR(made[i], expected[i], 1e-12);
    EXPECT_TRUE(scoresOf(weights, "gain", spec->spaceIndex("blocks.1.mlp")).empty());
    EXPECT_TRUE(scoresOf(weights, "gain", spec->spaceIndex("blocks.1.heads")).empty());
}

TEST(SliceDistances, AreThoseOfAPlainLoop) {
    // More slices than a tile and more elements than a panel, neither a multiple of it.
    constexpr std::size_t count = 131;
    constexpr std::size_t length = 301;
    Random random(5);
    std::vector<float> slices;
    for (std::size_t i = 0; i < count * length; ++i)
        slices.push_back(static_cast<float>(random.normal()));
    const auto made = distanceSums(slices, count);
    for (std::size_t i = 0; i < count; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < count; ++j) {
            double square = 0;
            for (std::size_t k = 0; k < length; ++k) {
                const double difference = static_cast<double>(slices[i * length + k]) -
                                          static_cast<double>(slices[j * length + k]);
                square += difference * difference;
            }
            sum += std::sqrt(square);
        }
        ASSERT_NEAR(made[i], sum, 1e-10 * sum) << i;
    }
}

TEST(SliceDistances, AreZeroBetweenEqualSlices) {
    const std::vector<float> slices(5 * 7, 0.3F);
    for (const double sum : distanceSums(slices, 5))
        EXPECT_NEAR(sum, 0, 1e-6);
    EXPECT_EQ(distanceSums(std::vector<float>{1, 2}, 1), std::vector<double>{0});
}

TEST(SpaceScores, ChooseTheGoldenTopHalf) {
    const auto checkpoint = goldenModel("vit");
    const auto file = golden("scores/vit.json");
    SelectionOptions options = withElement("magnitude:norm=1");
    const auto made =
        planSelection(model(kGoldenVit),
                      model("vit:dim=18,depth=4,heads=1,mlp=72,patch=8,image=32,num_classes=10"),
                      options,
                      checkpoint.get());
    ASSERT_TRUE(made) << made.error().message();
    for (const auto* space : {"residual", "blocks.0.mlp", "blocks.3.mlp"}) {
        const auto expected = file["top_half"][space]["magnitude_l1"].get<Indices>();
        EXPECT_EQ(*spaceOf(*made, space).indices, expected) << space;
    }
}

TEST(SpaceScores, OfBlendedHeadsAreThoseOfTheirRows) {
    // One tensor only: heads of 2, rows scored by their own magnitude.
    ModelSpec spec;
    spec.spaces = {{"heads", 2, SpaceKind::Heads, -1}, {"dim", 2, SpaceKind::HeadDim, -1}};
    spec.parameters = {{.name = "proj", .shape = {4}, .axes = {AxisLayout{{AxisSegment{{0, 1}}}}}}};
    StateDict tensors;
    tensors.set("proj", HostTensor::fromFloats({4}, std::vector<float>{1, -5, 3, 3}));
    const auto checkpoint = memoryCheckpoint(std::move(tensors));
    WeightScores scorer(*checkpoint, spec);
    EXPECT_EQ(*scorer.magnitudes(0, true, 1), (std::vector<double>{1 / 3.0, 5 / 3.0, 1, 1}));
    EXPECT_EQ(*scorer.magnitudes(0, false, 1), (std::vector<double>{1, 1}));
    const auto inside = *scorer.magnitudes(1, false, 2);
    EXPECT_NEAR(inside[1] / inside[0], std::sqrt(34.0 / 10.0), 1e-12);
}

TEST(SpaceScores, PassOverTensorsThatAreAllZeroAndOverBuffers) {
    ModelSpec spec;
    spec.spaces = {{"residual", 2, SpaceKind::Residual, -1}};
    const std::vector<AxisLayout> axes{AxisLayout{{AxisSegment{{0}}}}};
    spec.parameters = {{.name = "a", .shape = {2}, .axes = axes},
                       {.name = "b", .shape = {2}, .axes = axes},
                       {.name = "buffer", .shape = {2}, .isBuffer = true, .axes = axes}};
    StateDict tensors;
    tensors.set("a", HostTensor::fromFloats({2}, std::vector<float>{1, 3}));
    tensors.set("b", HostTensor::zeros(DType::F32, {2}));
    tensors.set("buffer", HostTensor::fromFloats({2}, std::vector<float>{100, 0}));
    EXPECT_EQ(*spaceScores(*memoryCheckpoint(std::move(tensors)), spec, 0, 1),
              (std::vector<double>{0.5, 1.5}));
}

TEST(SpaceScores, RefuseValuesThatAreNotFinite) {
    ModelSpec spec;
    spec.spaces = {{"residual", 2, SpaceKind::Residual, -1}};
    spec.parameters = {{.name = "a", .shape = {2}, .axes = {AxisLayout{{AxisSegment{{0}}}}}}};
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        StateDict tensors;
        tensors.set("a", HostTensor::fromFloats({2}, std::vector<float>{1, bad}));
        const auto made = spaceScores(*memoryCheckpoint(std::move(tensors)), spec, 0, 2);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().where, "a");
    }
    EXPECT_EQ(spaceScores(*memoryCheckpoint(StateDict{}), spec, 0, 2).error().where, "a");
    EXPECT_FALSE(spaceScores(*memoryCheckpoint(StateDict{}), spec, 0, 3));
}

} // namespace
} // namespace heirloom
