// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/WeightSelection.h"

#include "core/selection/SelectionText.h"
#include "core/selection/WeightRule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace heirloom {
namespace {

constexpr std::array<std::string_view, 3> kGrowth{"none", "net2net", "stack"};

std::optional<double> parsePositive(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
        value <= 0)
        return std::nullopt;
    return value;
}

std::string knownOptions(const WeightRule& rule) {
    std::vector<std::string> known;
    for (const auto& option : rule.options)
        known.push_back(fmt::format("{}={}", option.name, option.values));
    if (rule.draws)
        known.emplace_back("seed=a whole number");
    return known.empty() ? fmt::format("Write {} without options", rule.name)
                         : fmt::format("Its options: {}", fmt::join(known, ", "));
}

Status checkOption(const WeightRule& rule, std::string_view name, std::string_view value) {
    const auto option = std::ranges::find(rule.options, name, &RuleOption::name);
    if (option == rule.options.end())
        return std::unexpected(Error{std::string(rule.name),
                                     fmt::format("there is no option \"{}\"", name),
                                     knownOptions(rule)});
    const auto words = splitText(option->values, '|');
    const bool isFine = option->values == positiveNumber
                            ? parsePositive(value).has_value()
                            : std::ranges::find(words, value) != words.end();
    if (isFine)
        return {};
    return fail(fmt::format("{}:{}={}", rule.name, name, value),
                "expected {}, found \"{}\"",
                fmt::join(words, " or "),
                value);
}

Result<const WeightRule*> ruleNamed(std::string_view name) {
    if (const auto* rule = findWeightRule(name))
        return rule;
    std::vector<std::string_view> known;
    for (const auto* each : weightRules())
        known.push_back(each->name);
    return std::unexpected(Error{std::string(name),
                                 fmt::format("there is no weight rule \"{}\"", name),
                                 fmt::format("Known rules: {}", fmt::join(known, ", "))});
}

/// Drops what equals the default and puts the rest in the rule's order.
void tidy(WeightSelection& selection, const WeightRule& rule) {
    std::vector<std::pair<std::string, std::string>> kept;
    for (const auto& option : rule.options) {
        const auto word = optionOf(selection, option.name);
        if (word != option.standard)
            kept.emplace_back(option.name, word);
    }
    selection.options = std::move(kept);
}

} // namespace

Status checkWeightSelection(const WeightSelection& selection) {
    const auto rule = ruleNamed(selection.rule);
    if (!rule)
        return std::unexpected(rule.error());
    for (const auto& [name, value] : selection.options)
        if (auto fine = checkOption(**rule, name, value); !fine)
            return fine;
    if (selection.seed && !(*rule)->draws)
        return std::unexpected(
            Error{selection.rule, "it draws nothing and has no seed", knownOptions(**rule)});
    return {};
}

Result<WeightSelection> parseWeightSelection(std::string_view text) {
    const auto colon = text.find(':');
    const auto rule = ruleNamed(text.substr(0, colon));
    if (!rule)
        return std::unexpected(rule.error());
    WeightSelection selection{.rule = std::string((*rule)->name)};
    if (colon != text.npos) {
        const auto items = splitText(text.substr(colon + 1), ',');
        if (items.empty())
            return std::unexpected(Error{std::string(text),
                                         "expected an option after ':', found none",
                                         knownOptions(**rule)});
        for (const auto item : items) {
            const auto equals = item.find('=');
            const auto name = item.substr(0, equals);
            const auto value = equals == item.npos ? std::string_view{} : item.substr(equals + 1);
            if (name == "seed" && (*rule)->draws) {
                selection.seed = parseUnsigned(value);
                if (!selection.seed)
                    return fail(std::string(text),
                                "expected seed=N with a whole number, found \"{}\"",
                                item);
                continue;
            }
            if (std::ranges::find(selection.options, name, [](const auto& option) {
                    return std::string_view(option.first);
                }) != selection.options.end())
                return fail(std::string(text), "the option {} comes twice", name);
            selection.options.emplace_back(name, value);
        }
    }
    if (auto fine = checkWeightSelection(selection); !fine)
        return std::unexpected(fine.error());
    tidy(selection, **rule);
    return selection;
}

std::string weightSelectionText(const WeightSelection& selection) {
    std::vector<std::string> options;
    for (const auto& [name, value] : selection.options)
        options.push_back(fmt::format("{}={}", name, value));
    if (selection.seed)
        options.push_back(fmt::format("seed={}", *selection.seed));
    return options.empty() ? selection.rule
                           : fmt::format("{}:{}", selection.rule, fmt::join(options, ","));
}

Result<Growth> parseGrowth(std::string_view text) {
    const auto found = std::ranges::find(kGrowth, text);
    if (found == kGrowth.end())
        return fail("growth", "expected {}, found \"{}\"", fmt::join(kGrowth, ", "), text);
    return static_cast<Growth>(found - kGrowth.begin());
}

std::string_view growthText(Growth growth) { return kGrowth[static_cast<std::size_t>(growth)]; }

std::string_view optionOf(const WeightSelection& selection, std::string_view name) {
    for (const auto& [option, value] : selection.options)
        if (option == name)
            return value;
    const auto* rule = findWeightRule(selection.rule);
    return rule ? std::ranges::find(rule->options, name, &RuleOption::name)->standard
                : std::string_view{};
}

double numberOf(const WeightSelection& selection, std::string_view name) {
    return parsePositive(optionOf(selection, name)).value_or(0);
}

} // namespace heirloom
