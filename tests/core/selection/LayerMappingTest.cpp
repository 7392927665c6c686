// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/LayerMapping.h"

#include "core/selection/LayerRule.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>
#include <set>

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

TEST(LayerMapping, DropsTheMiddle) {
    EXPECT_EQ(mapped(kTwelve, kFour, "drop-middle"), (std::vector{0, 1, 10, 11}));
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=5", "drop-middle"),
              (std::vector{0, 1, 2, 10, 11}));
}

TEST(LayerMapping, DropsEverySecondLayerFromTheLastOneDown) {
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=6", "alternate"),
              (std::vector{0, 2, 4, 6, 8, 10}));
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=10", "alternate"),
              (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 10}));
    EXPECT_EQ(mapped(kTwelve, kFour, "alternate"), (std::vector{0, 2, 4, 8}));
}

TEST(LayerMapping, FollowsDistilBertsTable) {
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=6", "distilbert"),
              (std::vector{0, 2, 4, 7, 9, 11}));
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=1", "distilbert"), (std::vector{0}));
    EXPECT_EQ(mapped(kTwelve, "vit_tiny_patch16_224:depth=9", "distilbert"),
              (std::vector{0, 1, 2, 4, 5, 7, 9, 10, 11}));
    const auto error = refused(kTwelve, "vit_tiny_patch16_224:depth=5", "distilbert");
    EXPECT_EQ(error.where, "blocks:distilbert");
    EXPECT_EQ(error.text, "the table has no row for 5 of 12 layers");
    EXPECT_NE(error.advice.find("1, 2, 3, 4, 6, 9, 12"), std::string::npos) << error.advice;
}

TEST(LayerMapping, StacksTheTeachersLayersForADeeperStudent) {
    EXPECT_EQ(mapped(kFour, "vit_tiny_patch16_224:depth=10", "stack"),
              (std::vector{0, 1, 2, 3, 0, 1, 2, 3, 0, 1}));
    EXPECT_EQ(mapped(kTwelve, kFour, "stack"), (std::vector{0, 1, 2, 3}));
}

TEST(LayerMapping, TakesARuleOfItsOwnForAStack) {
    const std::string_view teacher = "convnext_tiny";
    const std::string_view student = "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384";
    const auto theirs = model(teacher);
    const auto made = mapped(teacher, student, "first,stages.2.blocks:last,stages.3.blocks=2-2");
    const auto prefix = [&](std::size_t i) {
        return theirs->layers.at(static_cast<std::size_t>(made.at(i))).prefix;
    };
    EXPECT_EQ(prefix(0), "stages.0.blocks.0");
    EXPECT_EQ(prefix(4), "stages.2.blocks.3");
    EXPECT_EQ(prefix(9), "stages.2.blocks.8");
    EXPECT_EQ(prefix(10), "stages.3.blocks.2");
    EXPECT_EQ(prefix(11), "stages.3.blocks.2");
    EXPECT_EQ(refused(teacher, student, "first,blocks:last").text,
              "the student has no such stack of layers");
}

TEST(LayerRules, GiveAscendingLayersOfTheTeacherForEveryDepth) {
    std::set<std::string_view> names;
    for (const auto* rule : layerRules()) {
        EXPECT_TRUE(names.insert(rule->name).second) << rule->name;
        EXPECT_EQ(findLayerRule(rule->name), rule);
        EXPECT_FALSE(rule->title.empty() || rule->meaning.empty() || rule->source.empty());
        for (int teacher = 1; teacher <= 30; ++teacher)
            for (int student = 1; student <= teacher; ++student) {
                const auto made = rule->select(teacher, student);
                if (rule->name == "distilbert" && !made)
                    continue;
                ASSERT_TRUE(made) << rule->name;
                ASSERT_EQ(static_cast<int>(made->size()), student) << rule->name;
                EXPECT_TRUE(std::ranges::is_sorted(*made)) << rule->name;
                EXPECT_EQ(std::ranges::adjacent_find(*made), made->end()) << rule->name;
                EXPECT_GE(made->front(), 0);
                EXPECT_LT(made->back(), teacher);
            }
    }
    EXPECT_EQ(findLayerRule("nonsense"), nullptr);
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
                             "drop-middle",
                             "stages.2.blocks:last",
                             "uniform,stages.2.blocks:last,stages.0.blocks=0-1",
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
                             "first,blocks:",
                             "first,:last",
                             "first,blocks:middle",
                             "blocks=99999999999",
                             "blocks=1-"})
        EXPECT_FALSE(parseLayerSelection(text)) << text;
}

} // namespace
} // namespace heirloom
