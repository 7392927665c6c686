// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/LayerMapping.h"

#include "core/selection/SelectionText.h"
#include "core/selection/Strategy.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace heirloom {
namespace {

constexpr std::string_view kRules[] = {"first", "last", "uniform"};
constexpr std::string_view kFreshWord = "fresh";

bool isRule(std::string_view word) { return std::ranges::find(kRules, word) != std::end(kRules); }

/// Teacher positions for `student` layers of a stack of `teacher`.
std::vector<int> positionsByRule(std::string_view rule, int teacher, int student) {
    std::vector<int> positions(static_cast<std::size_t>(student));
    std::iota(positions.begin(), positions.end(), rule == "last" ? teacher - student : 0);
    if (rule == "uniform" && student > 0)
        std::ranges::copy(uniformIndices(teacher, student), positions.begin());
    return positions;
}

Result<std::vector<int>> positionsOfStack(const std::string& stack,
                                          int teacher,
                                          int student,
                                          const LayerSelection& selection) {
    const auto byHand = selection.byHand.find(stack);
    if (byHand == selection.byHand.end()) {
        if (student > teacher)
            return std::unexpected(Error{
                stack,
                fmt::format("the student has {} layers but the teacher has {}", student, teacher),
                fmt::format(
                    "Take a student with at most {0} layers in {1}, or give the layers by hand "
                    "({1}=0-1-{2} leaves the third one fresh)",
                    teacher,
                    stack,
                    kFreshWord)});
        return positionsByRule(selection.rule, teacher, student);
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
                  "Write first, last or uniform, or a stack by hand: blocks=0-2-4-6"});
    };
    LayerSelection selection;
    const auto items = splitText(text, ',');
    if (items.empty())
        return refuse("expected a rule for layers, found nothing");
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto equals = items[i].find('=');
        if (equals == std::string_view::npos) {
            if (i > 0 || !isRule(items[i]))
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
    std::string text = selection.rule == "first" && !selection.byHand.empty() ? "" : selection.rule;
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
    if (!isRule(selection.rule))
        return std::unexpected(Error{"layers",
                                     fmt::format("there is no layer rule \"{}\"", selection.rule),
                                     fmt::format("Known rules: {}", fmt::join(kRules, ", "))});
    const auto stacks = student.stacks();
    for (const auto& [stack, positions] : selection.byHand)
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
