// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/WeightSelection.h"

#include "core/selection/WeightRule.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

TEST(WeightSelection, TextIsReadBackForEveryRuleAndOption) {
    for (const auto* rule : weightRules()) {
        EXPECT_EQ(weightSelectionText(parseWeightSelection(rule->name).value()), rule->name);
        for (const auto& option : rule->options) {
            std::string value =
                option.values == positiveNumber ? "0.5" : std::string(option.values);
            value = value.substr(value.find('|') == std::string::npos ? 0 : value.rfind('|') + 1);
            const auto text = fmt::format("{}:{}={}", rule->name, option.name, value);
            const auto parsed = parseWeightSelection(text);
            ASSERT_TRUE(parsed) << parsed.error().message();
            EXPECT_EQ(weightSelectionText(*parsed), text);
            EXPECT_EQ(optionOf(*parsed, option.name), value);
            EXPECT_EQ(optionOf({.rule = std::string(rule->name)}, option.name), option.standard);
        }
    }
}

TEST(WeightSelection, LeavesOutWhatEqualsTheDefault) {
    EXPECT_EQ(weightSelectionText(parseWeightSelection("dct:amplitude=corrected").value()), "dct");
    const auto text = "kaiming:mode=fan_out,distribution=uniform,seed=7";
    EXPECT_EQ(weightSelectionText(
                  parseWeightSelection("kaiming:seed=7,distribution=uniform,mode=fan_out").value()),
              text);
    EXPECT_EQ(parseWeightSelection(text)->seed, 7U);
}

TEST(WeightSelection, RefusesWhatARuleDoesNotKnow) {
    const auto refused = [](std::string_view text) {
        const auto parsed = parseWeightSelection(text);
        return parsed ? std::string("no error") : parsed.error().message();
    };
    EXPECT_EQ(refused("kopy").find("kopy: there is no weight rule \"kopy\". Known rules: copy, "),
              0U)
        << refused("kopy");
    EXPECT_EQ(refused("copy:seed=3"),
              "copy: there is no option \"seed\". Write copy without options.");
    EXPECT_EQ(refused("dct:amplitude=wild"),
              "dct:amplitude=wild: expected corrected or released, found \"wild\"");
    EXPECT_EQ(refused("trunc-normal:std=-1"),
              "trunc-normal:std=-1: expected a positive number, found \"-1\"");
    EXPECT_NE(refused("trunc-normal:std=nan"), "no error");
    EXPECT_NE(refused("trunc-normal:std=1,std=2"), "no error");
    EXPECT_NE(refused("trunc-normal:"), "no error");
    EXPECT_NE(refused("stock:seed=x"), "no error");
    EXPECT_NE(refused(""), "no error");
}

TEST(WeightSelection, GrowthIsReadBack) {
    for (const auto growth : {Growth::None, Growth::Net2Net, Growth::Stack})
        EXPECT_EQ(parseGrowth(growthText(growth)).value(), growth);
    EXPECT_FALSE(parseGrowth("Net2Net"));
}

} // namespace
} // namespace heirloom
