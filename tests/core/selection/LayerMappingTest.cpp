// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/LayerMapping.h"

#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;

std::vector<int> mapped(std::string_view teacher, std::string_view student, std::string_view text) {
    return mapLayers(*model(teacher), *model(student), parseLayerSelection(text).value())
        .value()
        .teacherLayer;
}

Error refused(std::string_view teacher, std::string_view student, std::string_view text) {
    const auto made =
        mapLayers(*model(teacher), *model(student), parseLayerSelection(text).value());
    return made ? Error{"", "no error", ""} : made.error();
}

constexpr std::string_view kTwelve = "vit_tiny_patch16_224";
constexpr std::string_view kFour = "vit_tiny_patch16_224:depth=4";

TEST(LayerMapping, TakesTheFirstLayersByDefault) {
    EXPECT_EQ(mapped(kTwelve, kFour, "first"), (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(mapLayers(*model(kTwelve), *model(kFour), {})->teacherLayer,
              (std::vector{0, 1, 2, 3}));
}

TEST(LayerMapping, TakesTheLastOrEvenlySpacedLayers) {
    EXPECT_EQ(mapped(kTwelve, kFour, "last"), (std::vector{8, 9, 10, 11}));
    EXPECT_EQ(mapped(kTwelve, kFour, "uniform"), (std::vector{0, 3, 6, 9}));
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=5", "uniform"),
              (std::vector{0, 3, 6, 8, 11}));
}

TEST(LayerMapping, TakesLayersByHandWithRepeatsAndFreshOnes) {
    EXPECT_EQ(mapped(kTwelve, kFour, "blocks=0-fresh-5-5"), (std::vector{0, -1, 5, 5}));
    EXPECT_EQ(mapped("vit_tiny_patch16_224:depth=2", kFour, "blocks=0-1-fresh-1"),
              (std::vector{0, 1, -1, 1}));
}

TEST(LayerMapping, StaysInsideEachStage) {
    const std::string_view teacher = "convnext_tiny";
    const std::string_view student = "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384";
    const auto spec = model(teacher);
    const auto ours = model(student);
    for (const auto* rule : {"first", "last", "uniform", "uniform,stages.2.blocks=8-7-6-5-4-3"}) {
        const auto made = mapped(teacher, student, rule);
        ASSERT_EQ(made.size(), ours->layers.size());
        for (std::size_t i = 0; i < made.size(); ++i)
            EXPECT_EQ(spec->layers.at(static_cast<std::size_t>(made[i])).stack,
                      ours->layers[i].stack)
                << rule;
    }
    const auto byHand = mapped(teacher, student, "last,stages.2.blocks=8-7-6-5-4-3");
    EXPECT_EQ(spec->layers.at(static_cast<std::size_t>(byHand[0])).prefix, "stages.0.blocks.1");
    EXPECT_EQ(spec->layers.at(static_cast<std::size_t>(byHand[4])).prefix, "stages.2.blocks.8");
}

TEST(LayerMapping, RefusesADeeperStudentUnlessGivenByHand) {
    const auto error = refused(kFour, kTwelve, "first");
    EXPECT_EQ(error.where, "blocks");
    EXPECT_EQ(error.text, "the student has 12 layers but the teacher has 4");
    EXPECT_FALSE(error.advice.empty());
}

TEST(LayerMapping, RefusesLayersThatAreNotThere) {
    EXPECT_EQ(refused(kTwelve, kFour, "blocks=0-1-2-12").text,
              "there is no teacher layer 12, the teacher has 12");
    EXPECT_EQ(refused(kTwelve, kFour, "blocks=0-1-2").text,
              "the student has 4 layers but 3 were given");
    EXPECT_EQ(refused(kTwelve, kFour, "stages.0.blocks=0").text,
              "the student has no such stack of layers");
    LayerSelection madeUp;
    madeUp.rule = "middle";
    EXPECT_FALSE(mapLayers(*model(kTwelve), *model(kFour), madeUp));
}

TEST(LayerSelection, IsWrittenAsItIsRead) {
    for (const auto* text : {"first",
                             "last",
                             "uniform",
                             "blocks=0-2-4-6",
                             "uniform,stages.2.blocks=0-3-6",
                             "blocks=0-fresh-2",
                             "a=1,b=0-2"})
        EXPECT_EQ(layerSelectionText(parseLayerSelection(text).value()), text);
    EXPECT_EQ(layerSelectionText(parseLayerSelection("first,blocks=1").value()), "blocks=1");
}

TEST(LayerSelection, RefusesNonsense) {
    for (const auto* text : {"",
                             "middle",
                             "blocks=",
                             "=1",
                             "blocks=1--2",
                             "blocks=a",
                             "blocks=1,last",
                             "first,",
                             "blocks=99999999999",
                             "blocks=1-"})
        EXPECT_FALSE(parseLayerSelection(text)) << text;
}

} // namespace
} // namespace heirloom
