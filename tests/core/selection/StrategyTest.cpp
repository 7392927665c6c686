// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Strategy.h"

#include "core/selection/SelectionText.h"
#include "core/selection/strategies/Strategies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace heirloom {
namespace {

using Indices = std::vector<std::int64_t>;

Result<Indices> chosen(std::string_view text,
                       std::int64_t teacher,
                       std::int64_t student,
                       std::uint64_t seed = 0,
                       std::span<const double> scores = {}) {
    const auto options = parseElementSelection(text).value();
    return findStrategy(options.strategy)->select(teacher, student, options, seed, scores);
}

Indices indicesOf(std::string_view text,
                  std::int64_t teacher,
                  std::int64_t student,
                  std::uint64_t seed = 0,
                  std::span<const double> scores = {}) {
    return chosen(text, teacher, student, seed, scores).value();
}

TEST(Strategies, HaveDistinctNamesAndSayWhatTheyAre) {
    std::set<std::string_view> names;
    for (const auto* strategy : strategies()) {
        EXPECT_TRUE(names.insert(strategy->name).second) << strategy->name;
        EXPECT_EQ(findStrategy(strategy->name), strategy);
        EXPECT_FALSE(strategy->title.empty() || strategy->meaning.empty() ||
                     strategy->source.empty())
            << strategy->name;
    }
    EXPECT_EQ(findStrategy("nonsense"), nullptr);
}

TEST(Strategies, GiveSortedIndicesInRangeForEverySize) {
    std::vector<std::string> texts{"consecutive:position=centre", "consecutive:position=last"};
    for (const auto* strategy : strategies())
        if (strategy->need != StrategyNeed::Indices)
            texts.emplace_back(strategy->name);
    for (std::int64_t teacher = 1; teacher <= 70; ++teacher) {
        std::vector<double> scores;
        for (std::int64_t i = 0; i < teacher; ++i)
            scores.push_back(static_cast<double>(i * 37 % 11));
        for (std::int64_t student = 1; student <= teacher; ++student)
            for (const auto& text : texts) {
                const auto made = chosen(text, teacher, student, 7, scores);
                ASSERT_TRUE(made) << text;
                ASSERT_EQ(static_cast<std::int64_t>(made->size()), student)
                    << text << " of " << teacher;
                EXPECT_TRUE(std::ranges::is_sorted(*made)) << text;
                EXPECT_EQ(std::ranges::adjacent_find(*made), made->end())
                    << text << " " << teacher << " -> " << student;
                EXPECT_GE(made->front(), 0);
                EXPECT_LT(made->back(), teacher);
                if (student == teacher) {
                    EXPECT_EQ(made->front(), 0);
                    EXPECT_EQ(made->back(), teacher - 1);
                }
            }
    }
}

TEST(Strategies, DescribeEveryOptionThatTheyRead) {
    for (const auto* strategy : strategies()) {
        std::set<std::string_view> names;
        for (const auto& option : strategy->options) {
            EXPECT_TRUE(names.insert(option.name).second) << strategy->name;
            EXPECT_FALSE(option.values.empty() || option.meaning.empty()) << option.name;
            EXPECT_EQ(findOption(*strategy, option.name), &option);
            // Every word that is offered is read, and written again unless it is the default.
            if (option.values.find('|') == std::string_view::npos)
                continue;
            for (const auto word : splitText(option.values, '|')) {
                const auto text = fmt::format("{}:{}={}", strategy->name, option.name, word);
                const auto parsed = parseElementSelection(text);
                ASSERT_TRUE(parsed) << text;
                EXPECT_EQ(elementSelectionText(*parsed),
                          word == option.standard ? std::string(strategy->name) : text);
            }
        }
        EXPECT_NE(findOption(*strategy, "heads"), nullptr);
        EXPECT_EQ(findOption(*strategy, "nonsense"), nullptr);
        EXPECT_EQ(strategy->need == StrategyNeed::Scores, strategy->score != nullptr);
    }
}

TEST(MatchedFrequencies, RoundHalvesToEven) {
    EXPECT_EQ(matchedFrequencies(8, 4), (Indices{0, 2, 4, 6}));
    EXPECT_EQ(matchedFrequencies(6, 4), (Indices{0, 2, 3, 4})); // 0, 1.5, 3, 4.5
    EXPECT_EQ(matchedFrequencies(64, 48)[1], 1);                // 1.33
    EXPECT_EQ(matchedFrequencies(5, 5), (Indices{0, 1, 2, 3, 4}));
}

TEST(MatchedFrequencies, AreDistinctAndAscendForEverySize) {
    for (std::int64_t teacher = 1; teacher <= 128; ++teacher)
        for (std::int64_t student = 1; student <= teacher; ++student) {
            const auto made = matchedFrequencies(teacher, student);
            ASSERT_EQ(static_cast<std::int64_t>(made.size()), student);
            EXPECT_TRUE(std::ranges::is_sorted(made));
            EXPECT_EQ(std::ranges::adjacent_find(made), made.end());
            EXPECT_LT(made.back(), teacher);
            for (std::int64_t j = 0; j < student; ++j)
                EXPECT_LE(std::abs(made[static_cast<std::size_t>(j)] * student - j * teacher) * 2,
                          student);
        }
}

TEST(Uniform, TakesAWholeStrideWhereTheSizesDivide) {
    EXPECT_EQ(uniformIndices(12, 4), (Indices{0, 3, 6, 9}));
}

TEST(Uniform, ReachesBothEndsWhereTheyDoNot) {
    EXPECT_EQ(uniformIndices(10, 4), (Indices{0, 3, 6, 9}));
}

TEST(Consecutive, StartsWhereItsPositionSays) {
    EXPECT_EQ(indicesOf("consecutive", 10, 3), (Indices{0, 1, 2}));
    EXPECT_EQ(indicesOf("consecutive:position=centre", 10, 3), (Indices{3, 4, 5}));
    EXPECT_EQ(indicesOf("consecutive:position=last", 10, 3), (Indices{7, 8, 9}));
}

TEST(RandomSet, IsTheSameForOneSeedAndAnotherForAnother) {
    EXPECT_EQ(indicesOf("random", 384, 192, 3), indicesOf("random", 384, 192, 3));
    EXPECT_NE(indicesOf("random", 384, 192, 3), indicesOf("random", 384, 192, 4));
}

TEST(RandomSet, TakesEveryIndexAboutEquallyOften) {
    std::vector<int> counts(10, 0);
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        const auto made = indicesOf("random", 10, 4, seed);
        for (const auto index : made)
            ++counts[static_cast<std::size_t>(index)];
    }
    for (const int count : counts)
        EXPECT_NEAR(count, 1600, 160); // five standard deviations
}

TEST(Magnitude, KeepsTheHighestScoresInTheirOrder) {
    const std::vector<double> scores{3, 9, 1, 7, 8};
    EXPECT_EQ(indicesOf("magnitude", 5, 3, 0, scores), (Indices{1, 3, 4}));
}

TEST(Magnitude, KeepsTheLowerIndexOfEqualScores) {
    const std::vector<double> scores{1, 1, 1, 1};
    EXPECT_EQ(indicesOf("magnitude", 4, 2, 0, scores), (Indices{0, 1}));
}

TEST(Magnitude, RefusesScoresThatAreNotNumbers) {
    const std::vector<double> scores{1, std::numeric_limits<double>::quiet_NaN(), 2};
    EXPECT_EQ(chosen("magnitude", 3, 1, 0, scores).error().text, "a score is not a number");
}

TEST(Magnitude, RefusesScoresOfAnotherSize) {
    const std::vector<double> scores{1, 2};
    EXPECT_FALSE(chosen("magnitude", 4, 2, 0, scores));
}

TEST(ExplicitList, IsTakenAsItIs) {
    EXPECT_EQ(indicesOf("explicit:indices=0-2-5", 6, 3), (Indices{0, 2, 5}));
}

TEST(ExplicitList, RefusesWrongCountsRangesAndOrders) {
    EXPECT_EQ(chosen("explicit:indices=0-2", 6, 3).error().text, "expected 3 indices, found 2");
    EXPECT_EQ(chosen("explicit:indices=0-2-6", 6, 3).error().text,
              "index 6 is outside the teacher's 0 to 5");
    EXPECT_EQ(chosen("explicit:indices=0-3-2", 6, 3).error().text,
              "index 2 comes after 3, expected ascending order");
    EXPECT_EQ(chosen("explicit:indices=0-2-2", 6, 3).error().text,
              "index 2 comes after 2, expected ascending order");
    EXPECT_EQ(chosen("explicit:indices=0-2", 6, 3).error().advice,
              "Give 3 teacher indices from 0 to 5 in ascending order");
}

} // namespace
} // namespace heirloom
