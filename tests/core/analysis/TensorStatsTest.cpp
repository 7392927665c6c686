// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/TensorStats.h"

#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace heirloom {
namespace {

constexpr float Infinity = std::numeric_limits<float>::infinity();
constexpr float NotANumber = std::numeric_limits<float>::quiet_NaN();

TEST(TensorStats, DescribesAFewNumbersExactly) {
    const TensorStats stats = tensorStats({2, 3, {1, -2, 0, 4, NotANumber, -Infinity}});
    EXPECT_EQ(stats.count, 6);
    EXPECT_EQ(stats.zeros, 1);
    EXPECT_EQ(stats.nan, 1);
    EXPECT_EQ(stats.inf, 1);
    EXPECT_DOUBLE_EQ(stats.mean, 0.75);
    EXPECT_DOUBLE_EQ(stats.l2, std::sqrt(21.0));
    EXPECT_DOUBLE_EQ(stats.standardDeviation, std::sqrt(21.0 / 4 - 0.75 * 0.75));
    EXPECT_EQ(stats.minimum, -2);
    EXPECT_EQ(stats.maximum, 4);
    EXPECT_EQ(stats.maximumMagnitudeAt, 3);
}

TEST(TensorStats, KeepsASmallSpreadBesideALargeMean) {
    Plane plane{1, 200'000, {}};
    for (int i = 0; i < 200'000; ++i)
        plane.values.push_back(4096.0F +
                               (i % 2 ? 0.0009765625F : -0.0009765625F)); // exact in float32
    const TensorStats stats = tensorStats(plane);
    EXPECT_DOUBLE_EQ(stats.mean, 4096);
    EXPECT_NEAR(stats.standardDeviation, 0.0009765625, 1e-12);
}

TEST(TensorStats, FindsALoneOutlierThatTheSampleMisses) {
    Random random(3);
    Plane plane{1000, 1000, std::vector<float>(1'000'000)};
    for (float& value : plane.values)
        value = static_cast<float>(random.normal());
    plane.values[123'457] = -50;
    const TensorStats stats = tensorStats(plane);
    EXPECT_EQ(stats.minimum, -50);
    EXPECT_EQ(stats.maximumMagnitudeAt, 123'457);
    EXPECT_NEAR(stats.quantileLow, -2.5758, 0.1);
    EXPECT_NEAR(stats.quantileHigh, 2.5758, 0.1);
}

TEST(TensorStats, IsAllZeroWithoutAFiniteNumber) {
    for (const Plane& plane : {Plane{}, Plane{1, 2, {NotANumber, Infinity}}}) {
        const TensorStats stats = tensorStats(plane);
        EXPECT_EQ(stats.minimum, 0);
        EXPECT_EQ(stats.maximum, 0);
        EXPECT_EQ(stats.l2, 0);
        EXPECT_EQ(stats.maximumMagnitudeAt, 0);
    }
}

TEST(Histogram, PutsOutsidersIntoTheEndBins) {
    const Plane plane{1, 8, {-5, 0, 0.25F, 0.5F, 1, 7, Infinity, NotANumber}};
    EXPECT_EQ(histogram(plane, 0, 1, 4), (std::vector<std::int64_t>{2, 1, 1, 3}));
    EXPECT_EQ(histogram(plane, 1, 1, 2), (std::vector<std::int64_t>{5, 2}));
}

TEST(Marginals, AreNormsOfRowsAndColumns) {
    const Marginals result = marginals({2, 2, {3, NotANumber, 4, 12}});
    EXPECT_EQ(result.rows, (std::vector<float>{3, std::sqrt(160.0F)}));
    EXPECT_EQ(result.columns, (std::vector<float>{5, 12}));
}

TEST(KeptEnergy, IsTheShareOfSelectedCells) {
    const Plane teacher{2, 2, {1, 2, 3, 4}};
    const KeptEnergy kept = keptEnergy(teacher, {{1}, {0, 1}});
    EXPECT_DOUBLE_EQ(kept.squaredNorm, 25.0 / 30);
    EXPECT_DOUBLE_EQ(kept.elements, 0.5);
    EXPECT_DOUBLE_EQ(keptEnergy(teacher, {{1, 1}, {0}}).elements,
                     0.25); // a repeated row is kept once
    EXPECT_EQ(keptEnergy(teacher, {}).elements, 0);
    EXPECT_DOUBLE_EQ(keptEnergy(teacher, {{}, {0}}).elements, 0.5); // rows resampled from all
}

} // namespace
} // namespace heirloom
