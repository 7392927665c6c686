// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/RuleList.h"

#include "core/selection/LayerRule.h"
#include "core/selection/Strategy.h"
#include "core/selection/WeightRule.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heirloom {
namespace {

std::string_view needsOf(const Strategy& strategy) {
    switch (strategy.need) {
    case StrategyNeed::Nothing:
        return "nothing";
    case StrategyNeed::Indices:
        return "a list";
    case StrategyNeed::Scores:
        break;
    }
    return strategy.score ? "weights" : "scores measured on data";
}

std::string_view needsOf(const WeightRule& rule) {
    switch (rule.needs) {
    case WeightNeed::Nothing:
        return "nothing";
    case WeightNeed::Teacher:
        return "weights";
    case WeightNeed::Slices:
        break;
    }
    return "the chosen slices";
}

std::string_view chapterOf(RuleKind kind) {
    switch (kind) {
    case RuleKind::Layers:
        return "Layers: which teacher layer feeds which student layer";
    case RuleKind::Elements:
        return "Elements: which teacher indices of an index space are kept";
    case RuleKind::Weights:
        return "Weights: what becomes of the chosen slices";
    case RuleKind::Growth:
        break;
    }
    return "Growth: how a student larger than its teacher comes by the rest";
}

} // namespace

std::vector<RuleEntry> ruleList() {
    std::vector<RuleEntry> rules;
    for (const auto* rule : layerRules())
        rules.push_back({.kind = RuleKind::Layers,
                         .name = rule->name,
                         .title = rule->title,
                         .meaning = rule->meaning,
                         .source = rule->source,
                         .options = {},
                         .needs = "nothing"});
    for (const auto* strategy : strategies()) {
        RuleEntry rule{.kind = RuleKind::Elements,
                       .name = strategy->name,
                       .title = strategy->title,
                       .meaning = strategy->meaning,
                       .source = strategy->source,
                       .options = {strategy->options.begin(), strategy->options.end()},
                       .needs = needsOf(*strategy)};
        rule.options.push_back(headsOption());
        rules.push_back(std::move(rule));
    }
    for (const auto* rule : weightRules()) {
        RuleEntry entry{.kind = RuleKind::Weights,
                        .name = rule->name,
                        .title = rule->title,
                        .meaning = rule->meaning,
                        .source = rule->source,
                        .options = {rule->options.begin(), rule->options.end()},
                        .needs = needsOf(*rule)};
        if (rule->draws)
            entry.options.push_back(
                {.name = "seed",
                 .standard = {},
                 .values = "a whole number",
                 .meaning = "of its draws; the selection's seed when not given"});
        rules.push_back(std::move(entry));
    }
    rules.push_back({.kind = RuleKind::Growth,
                     .name = growthText(Growth::Net2Net),
                     .title = "Net2Net",
                     .meaning =
                         "Widths by repeating indices, divided where they are read; depth by "
                         "identity blocks after the teacher's: the function is kept",
                     .source = "Chen, Goodfellow, Shlens, Net2Net, ICLR 2016",
                     .options = {},
                     .needs = "the chosen slices"});
    rules.push_back({.kind = RuleKind::Growth,
                     .name = growthText(Growth::Stack),
                     .title = "Stacking",
                     .meaning = "The teacher's layers again and again in order; widths as Net2Net",
                     .source = "Gong et al., Efficient Training of BERT by Progressively Stacking, "
                               "ICML 2019",
                     .options = {},
                     .needs = "the chosen slices"});
    return rules;
}

std::string_view ruleKindText(RuleKind kind) {
    constexpr std::string_view words[] = {"layers", "elements", "weights", "growth"};
    return words[static_cast<std::size_t>(kind)];
}

std::string strategiesMarkdown() {
    std::string text;
    const auto rules = ruleList();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = rules[i];
        if (i == 0 || rules[i - 1].kind != rule.kind)
            text += fmt::format("{}## {}\n", text.empty() ? "" : "\n", chapterOf(rule.kind));
        text += fmt::format("\n### {} (`{}`)\n\n{}.\n\n", rule.title, rule.name, rule.meaning);
        text += fmt::format("- Needs: {}\n- Source: {}\n", rule.needs, rule.source);
        for (const auto& option : rule.options)
            text += fmt::format(
                "- `{}` = {}{}: {}\n",
                option.name,
                option.values,
                option.standard.empty() ? "" : fmt::format(" (default {})", option.standard),
                option.meaning);
    }
    return text;
}

nlohmann::json strategiesJson() {
    auto list = nlohmann::json::array();
    for (const auto& rule : ruleList()) {
        auto options = nlohmann::json::array();
        for (const auto& option : rule.options)
            options.push_back({{"name", option.name},
                               {"default", option.standard},
                               {"values", option.values},
                               {"meaning", option.meaning}});
        list.push_back({{"kind", ruleKindText(rule.kind)},
                        {"name", rule.name},
                        {"title", rule.title},
                        {"meaning", rule.meaning},
                        {"source", rule.source},
                        {"needs", rule.needs},
                        {"options", std::move(options)}});
    }
    return list;
}

} // namespace heirloom
