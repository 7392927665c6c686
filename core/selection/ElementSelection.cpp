// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ElementSelection.h"

#include "core/selection/SelectionText.h"
#include "core/selection/Strategy.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

namespace heirloom {
namespace {

constexpr std::string_view kPositions[] = {"first", "centre", "last"};

Status setIndices(ElementSelection& selection, std::string_view value) {
    for (const auto word : splitText(value, '-')) {
        const auto index = parseInteger(word);
        if (!index || *index < 0)
            return fail("explicit:indices=" + std::string(value),
                        "expected indices parted by '-', found \"{}\"",
                        word);
        selection.indices.push_back(*index);
    }
    return {};
}

Status setOption(ElementSelection& selection, std::string_view name, std::string_view value) {
    const auto refuse = [&](std::string_view expected) {
        return fail(fmt::format("{}:{}={}", selection.strategy, name, value),
                    "expected {}, found \"{}\"",
                    expected,
                    value);
    };
    const auto* option = findOption(*findStrategy(selection.strategy), name);
    const auto words = splitText(option->values, '|');
    if (words.size() > 1 && std::ranges::find(words, value) == words.end())
        return refuse(
            fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back()));
    if (name == "heads") {
        selection.heads = value == "whole" ? HeadMode::Whole : HeadMode::Blended;
    } else if (name == "position") {
        selection.position =
            static_cast<RunPosition>(std::ranges::find(kPositions, value) - std::begin(kPositions));
    } else if (name == "seed") {
        const auto seed = parseUnsigned(value);
        if (!seed)
            return refuse("a whole number from 0 to 18446744073709551615");
        selection.seed = *seed;
    } else if (name == "consistent") {
        selection.isConsistent = value == "true";
    } else if (name == "norm") {
        selection.norm = value == "1" ? 1 : 2;
    } else if (name == "indices") {
        return setIndices(selection, value);
    } else {
        assert(false && "a strategy lists an option that no field holds");
    }
    return {};
}

} // namespace

Result<ElementSelection> parseElementSelection(std::string_view text) {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    const auto* strategy = findStrategy(name);
    if (!strategy) {
        std::vector<std::string_view> known;
        for (const auto* each : strategies())
            known.push_back(each->name);
        return std::unexpected(Error{std::string(text),
                                     fmt::format("there is no strategy \"{}\"", name),
                                     fmt::format("Known strategies: {}", fmt::join(known, ", "))});
    }
    ElementSelection selection;
    selection.strategy = name;
    if (colon != std::string_view::npos) {
        for (const auto option : splitText(text.substr(colon + 1), ',')) {
            const auto equals = option.find('=');
            const auto word = option.substr(0, equals);
            if (equals == std::string_view::npos || !findOption(*strategy, word))
                return std::unexpected(Error{
                    std::string(text),
                    fmt::format("{} has no option \"{}\"", name, word),
                    fmt::format("Its options are written name=value: {}", optionWords(*strategy))});
            if (auto set = setOption(selection, word, option.substr(equals + 1)); !set)
                return std::unexpected(set.error());
        }
    }
    if (strategy->need == StrategyNeed::Indices && selection.indices.empty())
        return std::unexpected(Error{std::string(text),
                                     "expected a list of teacher indices, found none",
                                     "Write them ascending, as in explicit:indices=0-2-5"});
    return selection;
}

std::string elementSelectionText(const ElementSelection& selection) {
    std::vector<std::string> options;
    const auto* strategy = findStrategy(selection.strategy);
    const auto add = [&](std::string_view name, bool differs, const auto& value) {
        if (differs && strategy && findOption(*strategy, name))
            options.push_back(fmt::format("{}={}", name, value));
    };
    add("position",
        selection.position != RunPosition::First,
        kPositions[static_cast<std::size_t>(selection.position)]);
    add("seed", selection.seed.has_value(), selection.seed.value_or(0));
    add("consistent", !selection.isConsistent, "false");
    add("norm", selection.norm != ElementSelection{}.norm, selection.norm);
    add("indices",
        !selection.indices.empty(),
        fmt::format("{}", fmt::join(selection.indices, "-")));
    add("heads", selection.heads == HeadMode::Blended, "blended");
    return options.empty() ? selection.strategy
                           : fmt::format("{}:{}", selection.strategy, fmt::join(options, ","));
}

} // namespace heirloom
