// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers of tests/data/golden/scores: float64 code that follows the rule sentence by sentence, on
// golden/forward/vit.
#include "core/selection/SpaceScores.h"

#include "tests/core/selection/SelectionTestSupport.h"

#include <cmath>
#include <limits>

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kGoldenVit =
    "vit:dim=36,depth=4,heads=3,mlp=144,patch=8,image=32,num_classes=10";

std::shared_ptr<const Checkpoint> goldenVit() {
    auto opened = openCheckpoint(dataFolder() / "golden/forward/vit/weights.safetensors");
    if (!opened)
        throw std::runtime_error(opened.error().message());
    return *opened;
}

TEST(SpaceScores, EqualTheGoldenMagnitudesOfEverySpace) {
    const auto checkpoint = goldenVit();
    const auto spec = model(kGoldenVit);
    const auto file = golden("scores/vit.json");
    int spaces = 0;
    for (const auto& [name, expected] : file["scores"].items()) {
        const int space = spec->spaceIndex(name);
        ASSERT_GE(space, 0) << name;
        for (const int norm : {1, 2}) {
            const auto made = spaceScores(*checkpoint, *spec, space, norm);
            ASSERT_TRUE(made) << made.error().message();
            const auto golden =
                expected[fmt::format("magnitude_l{}", norm)].get<std::vector<double>>();
            ASSERT_EQ(made->size(), golden.size()) << name;
            for (std::size_t i = 0; i < golden.size(); ++i)
                EXPECT_NEAR((*made)[i], golden[i], 1e-9 * golden[i]) << name << " " << i;
        }
        ++spaces;
    }
    EXPECT_EQ(spaces, 17);
}

TEST(SpaceScores, ChooseTheGoldenTopHalf) {
    const auto checkpoint = goldenVit();
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
    SpaceScorer scorer(*checkpoint, spec);
    EXPECT_EQ(*scorer.flatScores(0, 1), (std::vector<double>{1 / 3.0, 5 / 3.0, 1, 1}));
    EXPECT_EQ(*scorer.scores(0, 1), (std::vector<double>{1, 1}));
    const auto inside = *scorer.scores(1, 2);
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
    EXPECT_EQ(spaceScores(*memoryCheckpoint({}), spec, 0, 2).error().where, "a");
    EXPECT_FALSE(spaceScores(*memoryCheckpoint({}), spec, 0, 3));
}

} // namespace
} // namespace heirloom
