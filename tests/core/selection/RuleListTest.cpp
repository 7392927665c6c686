// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/RuleList.h"

#include "core/selection/LayerRule.h"
#include "core/selection/Strategy.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace heirloom {
namespace {

TEST(RuleList, HoldsEveryRegisteredRuleOnce) {
    std::set<std::pair<RuleKind, std::string_view>> seen;
    for (const auto& rule : ruleList())
        EXPECT_TRUE(seen.emplace(rule.kind, rule.name).second) << rule.name;
    for (const auto* rule : layerRules())
        EXPECT_TRUE(seen.contains({RuleKind::Layers, rule->name})) << rule->name;
    for (const auto* strategy : strategies())
        EXPECT_TRUE(seen.contains({RuleKind::Elements, strategy->name})) << strategy->name;
}

TEST(RuleList, SaysWhatARuleNeeds) {
    const auto needs = [](std::string_view name) {
        const auto rules = ruleList();
        return std::ranges::find_if(rules,
                                    [&](const RuleEntry& rule) {
                                        return rule.kind == RuleKind::Elements && rule.name == name;
                                    })
            ->needs;
    };
    EXPECT_EQ(needs("uniform"), "nothing");
    EXPECT_EQ(needs("fpgm"), "weights");
    EXPECT_EQ(needs("explicit"), "a list");
}

TEST(RuleList, IsWrittenAsAManual) {
    const auto text = strategiesMarkdown();
    for (const auto& rule : ruleList()) {
        EXPECT_NE(
            text.find(fmt::format("\n### {} (`{}`)\n\n{}.\n", rule.title, rule.name, rule.meaning)),
            std::string::npos)
            << rule.name;
        for (const auto& option : rule.options)
            EXPECT_NE(text.find(fmt::format("- `{}` = {}", option.name, option.values)),
                      std::string::npos)
                << option.name;
    }
    EXPECT_TRUE(text.starts_with("## Layers"));
    EXPECT_NE(text.find("\n\n## Elements"), std::string::npos);
    EXPECT_EQ(text.find("\n\n\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\n"));
}

TEST(RuleList, IsWrittenAsJson) {
    const auto list = strategiesJson();
    ASSERT_EQ(list.size(), ruleList().size());
    EXPECT_EQ(list[0]["kind"], "layers");
    EXPECT_EQ(list[0]["name"], "first");
    const auto random = std::ranges::find_if(list, [](const auto& rule) {
        return rule["kind"] == "elements" && rule["name"] == "random";
    });
    ASSERT_NE(random, list.end());
    EXPECT_EQ((*random)["options"][1]["name"], "consistent");
    EXPECT_EQ((*random)["options"][1]["default"], "true");
    EXPECT_EQ((*random)["options"][1]["values"], "true|false");
}

} // namespace
} // namespace heirloom
