// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Strategy.h"

#include "core/selection/strategies/Strategies.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace heirloom {

std::span<const Strategy* const> strategies() {
#define HEIRLOOM_LIST(strategy) &strategy,
    static constexpr std::array all{HEIRLOOM_STRATEGIES(HEIRLOOM_LIST)};
#undef HEIRLOOM_LIST
    return all;
}

const Strategy* findStrategy(std::string_view name) {
    for (const auto* strategy : strategies())
        if (strategy->name == name)
            return strategy;
    return nullptr;
}

const RuleOption& headsOption() {
    static constexpr RuleOption option{
        .name = "heads",
        .standard = "whole",
        .values = "whole|blended",
        .meaning = "Attention heads as units, or heads × head size as one run"};
    return option;
}

const RuleOption* findOption(const Strategy& strategy, std::string_view name) {
    if (name == headsOption().name)
        return &headsOption();
    const auto found = std::ranges::find(strategy.options, name, &RuleOption::name);
    return found == strategy.options.end() ? nullptr : &*found;
}

std::string optionWords(const Strategy& strategy) {
    std::string words;
    for (const auto& option : strategy.options)
        words += std::string(option.name) + ",";
    return words += headsOption().name;
}

bool isDrawnPerTensor(const ElementSelection& selection) {
    const auto* strategy = selection.isConsistent ? nullptr : findStrategy(selection.strategy);
    return strategy && findOption(*strategy, "consistent");
}

std::vector<std::int64_t> matchedFrequencies(std::int64_t teacher, std::int64_t student) {
    assert(student > 0 && student <= teacher);
    std::vector<std::int64_t> indices;
    for (std::int64_t j = 0; j < student; ++j) {
        const std::int64_t whole = j * teacher / student;
        const std::int64_t twice = 2 * (j * teacher % student); // of the fraction, in 1/student
        indices.push_back(whole + (twice > student || (twice == student && whole % 2 == 1)));
    }
    return indices;
}

std::vector<std::int64_t> highestScores(std::span<const double> scores, std::int64_t student) {
    assert(student >= 0 && static_cast<std::size_t>(student) <= scores.size());
    std::vector<std::int64_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(student));
    std::sort(order.begin(), order.end());
    return order;
}

Result<std::vector<std::int64_t>> selectHighest(std::int64_t teacher,
                                                std::int64_t student,
                                                const ElementSelection& options,
                                                std::uint64_t,
                                                std::span<const double> scores) {
    if (static_cast<std::int64_t>(scores.size()) != teacher)
        return fail(options.strategy,
                    "expected one score for each of {} teacher indices, found {}",
                    teacher,
                    scores.size());
    // A score that is no number would make the order, and so the student, a matter of chance.
    if (std::ranges::any_of(scores, [](double score) { return score != score; }))
        return fail(options.strategy, "a score is not a number");
    return highestScores(scores, student);
}

} // namespace heirloom
