// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace heirloom {
namespace {

TEST(Random, GivesTheNumbersOfSplitMix64) {
    // The reference implementation's first outputs for the seed 1234567 (Vigna,
    // prng.di.unimi.it/splitmix64.c).
    Random random(1234567);
    EXPECT_EQ(random.next(), 6457827717110365317ULL);
    EXPECT_EQ(random.next(), 3203168211198807973ULL);
    EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Random, HashesNamesAsTheGoldenFillDoes) {
    EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325ULL);
    EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cULL);
    EXPECT_EQ(fnv1a64("blocks.0.attn.qkv.weight"), 0xb8eed840ed199670ULL);
}

TEST(Random, SamplesDistinctAscendingValues) {
    Random random(7);
    for (const auto& [size, count] :
         {std::pair{10, 10}, std::pair{10, 0}, std::pair{1, 1}, std::pair{3072, 768}}) {
        const auto sample = random.sample(size, count);
        ASSERT_EQ(sample.size(), static_cast<std::size_t>(count));
        EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end()));
        EXPECT_EQ(std::set(sample.begin(), sample.end()).size(), sample.size());
        if (count > 0) {
            EXPECT_GE(sample.front(), 0);
            EXPECT_LT(sample.back(), size);
        }
    }
}

TEST(Random, TakesEveryIndexAboutEquallyOften) {
    Random random(11);
    std::array<int, 12> taken{};
    for (int round = 0; round < 12000; ++round)
        for (const auto index : random.sample(12, 3))
            ++taken[static_cast<std::size_t>(index)];
    for (const int count : taken)
        EXPECT_NEAR(count, 3000, 300); // six standard deviations
}

TEST(Random, StaysInsideItsBounds) {
    Random random(3);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 20000; ++i) {
        EXPECT_LT(random.below(7), 7U);
        const double u = random.uniform();
        EXPECT_GE(u, 0.0);
        EXPECT_LT(u, 1.0);
        const double z = random.normal();
        EXPECT_TRUE(std::isfinite(z));
        sum += z;
        squares += z * z;
    }
    EXPECT_NEAR(sum / 20000, 0.0, 0.05);
    EXPECT_NEAR(squares / 20000, 1.0, 0.06);
}

TEST(Random, GivesEachNameItsOwnSeed) {
    EXPECT_EQ(seedFor(1, "head.weight"), seedFor(1, "head.weight"));
    EXPECT_NE(seedFor(1, "head.weight"), seedFor(2, "head.weight"));
    EXPECT_NE(seedFor(1, "head.weight"), seedFor(1, "head.bias"));
}

} // namespace
} // namespace heirloom
