// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/LayerMapping.h"

#include "core/selection/LayerRule.h"
#include "core/selection/SelectionText.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

namespace heirloom {
namespace {

constexpr std::string_view kFreshWord = "fresh";

std::string ruleWords() {
    return fmt::format(
        "{}",
        fmt::join(layerRules() | std::views::transform([](const auto* rule) { return rule->name; }),
                  ", "));
}

Result<const LayerRule*> ruleNamed(std::string_view name) {
    if (const auto* rule = findLayerRule(name))
        return rule;
    return std::unexpected(Error{"layers",
                                 fmt::format("there is no layer rule \"{}\"", name),
                                 fmt::format("Known rules: {}", ruleWords())});
}

/// Teacher positions for `student` layers of a stack of `teacher`.
Result<std::vector<int>> positionsByRule(const std::string& stack,
                                         const LayerRule& rule,
                                         int teacher,
                                         int student) {
    if (student > teacher && (rule.reach == LayerReach::Shallower || teacher == 0))
        return std::unexpected(Error{
            stack,
            fmt::format("the student has {} layers but the teacher has {}", student, teacher),
            fmt::format("Take a student with at most {0} layers in {1}, give the layers by hand "
                        "({1}=0-1-{2} leaves the third one fresh), or grow it with "
                        "--growth net2net or --growth stack",
                        teacher,
                        stack,
                        kFreshWord)});
    if (student == 0)
        return std::vector<int>{};
    auto positions = rule.select(teacher, student);
    if (!positions)
        positions.error().where = fmt::format("{}:{}", stack, rule.name);
    return positions;
}

Result<std::vector<int>> positionsOfStack(const std::string& stack,
                                          int teacher,
                                          int student,
                                          const LayerSelection& selection) {
    const auto byHand = selection.byHand.find(stack);
    if (byHand == selection.byHand.end()) {
        const auto own = selection.rules.find(stack);
        const auto rule = ruleNamed(own == selection.rules.end() ? selection.rule : own->second);
        if (!rule)
            return std::unexpected(rule.error());
        return positionsByRule(stack, **rule, teacher, student);
    }
    const auto& positions = byHand->second;
    if (static_cast<int>(positions.size()) != student)
        return std::unexpected(Error{
            stack,
            fmt::format("the student has {} layers but {} were given", student, positions.size()),
            "Give one teacher position for each student layer"});
    for (const int position : positions)
        if (position < -1 || position >= teacher)
            return std::unexpected(Error{
                stack,
                fmt::format("there is no teacher layer {}, the teacher has {}", position, teacher),
                fmt::format("Positions run from 0 to {}; \"{}\" leaves a layer fresh",
                            teacher - 1,
                            kFreshWord)});
    return positions;
}

} // namespace

Result<LayerSelection> parseLayerSelection(std::string_view text) {
    const auto refuse = [&](std::string what) {
        return std::unexpected(
            Error{std::string(text),
                  std::move(what),
                  fmt::format("Write one of {}; a stack by hand, blocks=0-2-4-6; or a stack by a "
                              "rule of its own, first,blocks:last",
                              ruleWords())});
    };
    LayerSelection selection;
    const auto items = splitText(text, ',');
    if (items.empty())
        return refuse("expected a rule for layers, found nothing");
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto equals = items[i].find('=');
        if (equals == std::string_view::npos) {
            if (const auto colon = items[i].find(':'); colon != std::string_view::npos) {
                const auto rule = items[i].substr(colon + 1);
                if (colon == 0 || !findLayerRule(rule))
                    return refuse(fmt::format("expected STACK:RULE, found \"{}\"", items[i]));
                selection.rules[std::string(items[i].substr(0, colon))] = rule;
                continue;
            }
            if (i > 0 || !findLayerRule(items[i]))
                return refuse(fmt::format("there is no layer rule \"{}\"{}",
                                          items[i],
                                          i > 0 ? " after the first comma" : ""));
            selection.rule = items[i];
            continue;
        }
        const std::string stack(items[i].substr(0, equals));
        std::vector<int> positions;
        for (const auto word : splitText(items[i].substr(equals + 1), '-')) {
            const auto number =
                word == kFreshWord ? std::optional<std::int64_t>(-1) : parseInteger(word);
            if (!number || *number < -1 || *number > 1'000'000)
                return refuse(
                    fmt::format("expected layer numbers parted by '-', found \"{}\"", word));
            positions.push_back(static_cast<int>(*number));
        }
        if (stack.empty() || positions.empty())
            return refuse(fmt::format("expected STACK=LAYERS, found \"{}\"", items[i]));
        selection.byHand[stack] = std::move(positions);
    }
    return selection;
}

std::string layerSelectionText(const LayerSelection& selection) {
    const bool isAlone = selection.byHand.empty() && selection.rules.empty();
    std::string text = selection.rule == "first" && !isAlone ? "" : selection.rule;
    for (const auto& [stack, rule] : selection.rules)
        text += fmt::format("{}{}:{}", text.empty() ? "" : ",", stack, rule);
    for (const auto& [stack, positions] : selection.byHand) {
        text += text.empty() ? "" : ",";
        text += stack;
        char separator = '=';
        for (const int position : positions) {
            text += separator;
            text += position < 0 ? std::string(kFreshWord) : std::to_string(position);
            separator = '-';
        }
    }
    return text;
}

Result<LayerMapping> mapLayers(const ModelSpec& teacher,
                               const ModelSpec& student,
                               const LayerSelection& selection) {
    if (auto known = ruleNamed(selection.rule); !known)
        return std::unexpected(known.error());
    const auto stacks = student.stacks();
    std::vector<std::string> named;
    std::ranges::copy(selection.rules | std::views::keys, std::back_inserter(named));
    std::ranges::copy(selection.byHand | std::views::keys, std::back_inserter(named));
    for (const auto& stack : named)
        if (std::ranges::find(stacks, stack) == stacks.end())
            return std::unexpected(Error{stack,
                                         "the student has no such stack of layers",
                                         fmt::format("Its stacks: {}", fmt::join(stacks, ", "))});

    LayerMapping mapping;
    mapping.teacherLayer.assign(student.layers.size(), -1);
    for (const auto& stack : stacks) {
        const auto ours = student.layersOf(stack);
        const auto theirs = teacher.layersOf(stack);
        const auto positions = positionsOfStack(
            stack, static_cast<int>(theirs.size()), static_cast<int>(ours.size()), selection);
        if (!positions)
            return std::unexpected(positions.error());
        for (std::size_t i = 0; i < ours.size(); ++i)
            if ((*positions)[i] >= 0)
                mapping.teacherLayer[static_cast<std::size_t>(ours[i])] =
                    theirs[static_cast<std::size_t>((*positions)[i])];
    }
    return mapping;
}

} // namespace heirloom
