// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ElementSelection.h"

#include "core/selection/SelectionText.h"
#include "core/selection/Strategy.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

Error refusal(std::string_view text) {
    auto parsed = parseElementSelection(text);
    return parsed ? Error{"", "no error", ""} : std::move(parsed.error());
}

TEST(ElementSelection, ReadsEveryOption) {
    EXPECT_EQ(*parseElementSelection("uniform"), ElementSelection{});
    EXPECT_EQ(parseElementSelection("consecutive:position=centre")->position, RunPosition::Centre);
    EXPECT_EQ(parseElementSelection("random:seed=18446744073709551615")->seed,
              18446744073709551615ULL);
    EXPECT_FALSE(parseElementSelection("random:consistent=false")->isConsistent);
    EXPECT_TRUE(parseElementSelection("random:consistent=true")->isConsistent);
    EXPECT_EQ(parseElementSelection("magnitude:norm=1")->norm, 1);
    EXPECT_EQ(parseElementSelection("magnitude")->norm, 2);
    EXPECT_EQ(parseElementSelection("explicit:indices=0-2-5")->indices,
              (std::vector<std::int64_t>{0, 2, 5}));
    EXPECT_EQ(parseElementSelection("uniform:heads=blended")->heads, HeadMode::Blended);
    const auto two = parseElementSelection("random:seed=3,heads=blended");
    EXPECT_EQ(two->seed, 3U);
    EXPECT_EQ(two->heads, HeadMode::Blended);
}

TEST(ElementSelection, IsWrittenAsTheShortestTextThatReadsTheSame) {
    for (const auto* text : {"uniform",
                             "uniform:heads=blended",
                             "consecutive",
                             "consecutive:position=last",
                             "random",
                             "random:seed=0",
                             "random:seed=3,heads=blended",
                             "magnitude",
                             "magnitude:norm=1",
                             "magnitude-depgraph:norm=1",
                             "random:seed=3,consistent=false",
                             "fpgm",
                             "gain:heads=blended",
                             "explicit:indices=0-2-5"}) {
        const auto parsed = parseElementSelection(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(elementSelectionText(*parsed), text);
    }
    EXPECT_EQ(elementSelectionText(*parseElementSelection("magnitude:norm=2,heads=whole")),
              "magnitude");
}

TEST(ElementSelection, NamesTheKnownStrategiesWhenOneIsUnknown) {
    const auto error = refusal("unifrom");
    EXPECT_EQ(error.text, "there is no strategy \"unifrom\"");
    for (const auto* strategy : strategies())
        EXPECT_NE(error.advice.find(strategy->name), std::string::npos) << error.advice;
    EXPECT_TRUE(error.advice.starts_with("Known strategies: uniform, "));
}

TEST(ElementSelection, RefusesOptionsThatAStrategyDoesNotRead) {
    EXPECT_EQ(refusal("uniform:seed=3").text, "uniform has no option \"seed\"");
    EXPECT_EQ(refusal("random:seed=3,norm=1").text, "random has no option \"norm\"");
    EXPECT_EQ(refusal("random:sed=3").advice,
              "Its options are written name=value: seed,consistent,heads");
}

TEST(ElementSelection, RefusesValuesThatMakeNoSense) {
    for (const auto* text : {"",
                             ":",
                             "random:seed",
                             "random:seed=",
                             "random:seed=-1",
                             "random:seed=1x",
                             "random:seed=99999999999999999999",
                             "magnitude:norm=3",
                             "random:consistent=no",
                             "fpgm:norm=1",
                             "consecutive:position=middle",
                             "uniform:heads=some",
                             "explicit",
                             "explicit:indices=",
                             "explicit:indices=1--2",
                             "explicit:indices=a",
                             "explicit:indices=-1",
                             "random:seed=3,",
                             "uniform:,"})
        EXPECT_FALSE(parseElementSelection(text)) << text;
}

TEST(Pattern, StarStandsForAnyRunOfCharacters) {
    EXPECT_TRUE(matchesPattern("blocks.*.mlp", "blocks.11.mlp"));
    EXPECT_TRUE(matchesPattern("*", ""));
    EXPECT_TRUE(matchesPattern("*", "residual"));
    EXPECT_TRUE(matchesPattern("stages.*.blocks.*.mlp", "stages.0.blocks.2.mlp"));
    EXPECT_TRUE(matchesPattern("*.mlp", "a.mlp.mlp"));
    EXPECT_TRUE(matchesPattern("residual", "residual"));
    EXPECT_FALSE(matchesPattern("blocks.*.mlp", "blocks.11.mlp2"));
    EXPECT_FALSE(matchesPattern("blocks.*.mlp", "xblocks.1.mlp"));
    EXPECT_FALSE(matchesPattern("", "a"));
    EXPECT_FALSE(matchesPattern("a*b", "ab?"));
}

} // namespace
} // namespace heirloom
