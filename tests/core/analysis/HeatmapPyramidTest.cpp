// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/HeatmapPyramid.h"

#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace heirloom {
namespace {

std::shared_ptr<Plane> randomPlane(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    auto plane = std::make_shared<Plane>(
        Plane{rows, columns, std::vector<float>(static_cast<std::size_t>(rows * columns))});
    Random random(seed);
    for (float& value : plane->values)
        value = static_cast<float>(random.uniform() * 2 - 1);
    return plane;
}

float& element(Plane& plane, std::int64_t row, std::int64_t column) {
    return plane.values[static_cast<std::size_t>(row * plane.columns + column)];
}

HeatmapTile whole(const HeatmapPyramid& pyramid, int width, int height, CellMode mode) {
    return pyramid.tile(0,
                        0,
                        static_cast<double>(pyramid.plane().columns),
                        static_cast<double>(pyramid.plane().rows),
                        width,
                        height,
                        mode);
}

TEST(HeatmapPyramid, ShowsEachElementOfASmallPlaneInItsOwnCell) {
    const auto plane = randomPlane(5, 7, 1);
    const HeatmapPyramid pyramid(plane);
    EXPECT_EQ(whole(pyramid, 7, 5, CellMode::Extremes).values, plane->values);
    const HeatmapTile large = whole(pyramid, 21, 10, CellMode::Mean);
    for (int y = 0; y < 10; ++y)
        for (int x = 0; x < 21; ++x)
            EXPECT_NEAR(
                large.values[static_cast<std::size_t>(y * 21 + x)], plane->at(y / 2, x / 3), 1e-6F);
}

TEST(HeatmapPyramid, ShowsAnOutlierAtAnyPlaceAndAnySize) {
    Random random(7);
    for (int round = 0; round < 60; ++round) {
        const auto rows = static_cast<std::int64_t>(1 + random.below(700));
        const auto columns = static_cast<std::int64_t>(1 + random.below(900));
        const auto plane = randomPlane(rows, columns, random.next());
        const auto row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rows)));
        const auto column =
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(columns)));
        element(*plane, row, column) = round % 2 ? 5.0F : -5.0F;
        const HeatmapPyramid pyramid(plane);
        const auto width = static_cast<int>(1 + random.below(static_cast<std::uint64_t>(columns)));
        const auto height = static_cast<int>(1 + random.below(static_cast<std::uint64_t>(rows)));
        const HeatmapTile tile = whole(pyramid, width, height, CellMode::Extremes);
        int hits = 0;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                if (std::abs(tile.values[static_cast<std::size_t>(y * width + x)]) == 5.0F) {
                    ++hits;
                    // The cell that shows it lies where it is, to within a third of a cell (or half
                    // an element) at each side.
                    const double perCell = static_cast<double>(columns) / width;
                    const double slack = std::max(perCell / 3, 0.5) + 1e-9;
                    EXPECT_LE(x * perCell, static_cast<double>(column) + slack);
                    EXPECT_GE((x + 1) * perCell, static_cast<double>(column + 1) - slack);
                }
        EXPECT_EQ(hits, 1) << rows << "×" << columns << " at " << width << "×" << height;
    }
}

TEST(HeatmapPyramid, CountsEveryElementOnceInMeanAndRms) {
    // A mask whose cells are weighted by their area must give back the plane's own sums, whatever
    // the levels: each element of this plane is a power of two or nothing, so no sum is rounded.
    Random random(11);
    for (const auto& [rows, columns] :
         {std::pair<std::int64_t, std::int64_t>{512, 512}, {1024, 256}, {64, 2048}, {4096, 16}}) {
        const auto plane = std::make_shared<Plane>(
            Plane{rows, columns, std::vector<float>(static_cast<std::size_t>(rows * columns))});
        double sum = 0;
        for (float& value : plane->values) {
            value = random.below(2) ? 0.5F : 0.0F;
            sum += value;
        }
        const HeatmapPyramid pyramid(plane);
        for (const int cells : {4, 8, 16}) {
            const HeatmapTile mean = whole(pyramid, cells, cells, CellMode::Mean);
            const HeatmapTile rms = whole(pyramid, cells, cells, CellMode::Rms);
            double means = 0;
            double squares = 0;
            for (std::size_t i = 0; i < mean.values.size(); ++i) {
                means += mean.values[i];
                squares += static_cast<double>(rms.values[i]) * rms.values[i];
            }
            const double area = static_cast<double>(rows * columns) / (cells * cells);
            EXPECT_NEAR(means * area, sum, 1e-9 * sum);
            EXPECT_NEAR(squares * area, sum / 2, 1e-5 * sum);
        }
    }
}

TEST(HeatmapPyramid, EqualsAFullScanWhereBordersFallOnLevels) {
    const auto plane = randomPlane(768, 1024, 3);
    const HeatmapPyramid pyramid(plane);
    const HeatmapTile extremes = whole(pyramid, 64, 48, CellMode::Extremes);
    const HeatmapTile mean = whole(pyramid, 64, 48, CellMode::Mean);
    const HeatmapTile rms = whole(pyramid, 64, 48, CellMode::Rms);
    for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 64; ++x) {
            float extreme = 0;
            double sum = 0;
            double square = 0;
            for (int r = 0; r < 16; ++r)
                for (int c = 0; c < 16; ++c) {
                    const float value = plane->at(y * 16 + r, x * 16 + c);
                    extreme = std::abs(value) > std::abs(extreme) ? value : extreme;
                    sum += value;
                    square += static_cast<double>(value) * value;
                }
            const auto at = static_cast<std::size_t>(y * 64 + x);
            EXPECT_EQ(extremes.values[at], extreme);
            EXPECT_NEAR(mean.values[at], sum / 256, 1e-6);
            EXPECT_NEAR(rms.values[at], std::sqrt(square / 256), 1e-6);
        }
}

TEST(HeatmapPyramid, ShowsNanBeforeInfinityBeforeNumbers) {
    constexpr float Infinity = std::numeric_limits<float>::infinity();
    const auto plane = randomPlane(256, 256, 5);
    element(*plane, 3, 3) = Infinity;
    element(*plane, 4, 4) = std::numeric_limits<float>::quiet_NaN();
    element(*plane, 100, 3) = -Infinity;
    element(*plane, 200, 200) = Infinity;
    element(*plane, 201, 201) = -Infinity;
    const HeatmapPyramid pyramid(plane);
    for (const CellMode mode : {CellMode::Extremes, CellMode::Mean, CellMode::Rms}) {
        const HeatmapTile tile = whole(pyramid, 16, 16, mode);
        EXPECT_TRUE(std::isnan(tile.values[0]));
        EXPECT_EQ(tile.values[6 * 16], -Infinity);
        EXPECT_TRUE(std::isinf(tile.values[12 * 16 + 12]));
        for (std::size_t i = 0; i < tile.values.size(); ++i)
            EXPECT_EQ(std::isfinite(tile.values[i]), i != 0 && i != 6 * 16 && i != 12 * 16 + 12)
                << i;
    }
}

TEST(HeatmapPyramid, KeepsVeryLargeAndVerySmallNumbersFinite) {
    for (const float size : {1e38F, 1e-38F, 1e-30F}) {
        const auto plane =
            std::make_shared<Plane>(Plane{128, 128, std::vector<float>(128 * 128, size)});
        const HeatmapPyramid pyramid(plane);
        for (const CellMode mode : {CellMode::Extremes, CellMode::Mean, CellMode::Rms})
            for (const float value : whole(pyramid, 3, 5, mode).values)
                EXPECT_NEAR(value / size, 1.0F, 1e-5F);
    }
}

TEST(HeatmapPyramid, ShowsAPartOfThePlane) {
    const auto plane = randomPlane(300, 200, 9);
    const HeatmapPyramid pyramid(plane);
    const HeatmapTile tile = pyramid.tile(10, 20, 30, 50, 20, 30, CellMode::Extremes);
    for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 20; ++x)
            EXPECT_EQ(tile.values[static_cast<std::size_t>(y * 20 + x)], plane->at(20 + y, 10 + x));
    const HeatmapTile inside =
        pyramid.tile(10.25, 20.25, 10.75, 20.75, 4, 4, CellMode::Rms); // within one element
    for (const float value : inside.values)
        EXPECT_NEAR(value, std::abs(plane->at(20, 10)), 1e-6F);
}

TEST(HeatmapPyramid, GivesNothingForAnEmptyPlaneOrAnEmptyStretch) {
    const HeatmapPyramid empty(std::make_shared<Plane>());
    EXPECT_TRUE(empty.tile(0, 0, 1, 1, 4, 4, CellMode::Mean).values.empty());
    const HeatmapPyramid pyramid(randomPlane(4, 4, 1));
    EXPECT_TRUE(pyramid.tile(2, 0, 2, 4, 4, 4, CellMode::Mean).values.empty());
    EXPECT_TRUE(pyramid.tile(0, 0, 4, 4, 0, 4, CellMode::Mean).values.empty());
}

TEST(SelectedShare, CountsAStrideOfTwoAsHalfAtAnySize) {
    std::vector<std::int64_t> even;
    for (std::int64_t i = 0; i < 768; i += 2)
        even.push_back(i);
    for (const float share :
         selectedShare(even, 0, 768, 384)) // nearest-neighbour decimation would say all or nothing
        EXPECT_FLOAT_EQ(share, 0.5F);
    for (const float share : selectedShare(even, 0, 768, 3))
        EXPECT_FLOAT_EQ(share, 0.5F);
    const std::vector<float> single = selectedShare(even, 0, 768, 768);
    for (std::size_t i = 0; i < single.size(); ++i)
        EXPECT_FLOAT_EQ(single[i], i % 2 ? 0.0F : 1.0F);
}

TEST(SelectedShare, SplitsAnElementThatABorderCuts) {
    const std::vector<std::int64_t> one{1};
    EXPECT_EQ(selectedShare(one, 0, 3, 2), (std::vector<float>{0.5F / 1.5F, 0.5F / 1.5F}));
    EXPECT_EQ(selectedShare(one, 1.25, 1.75, 2), (std::vector<float>{1, 1}));
    EXPECT_EQ(selectedShare(one, 2, 3, 1), (std::vector<float>{0}));
}

TEST(SelectedShare, CountsARepeatedIndexOnce) {
    const std::vector<std::int64_t> repeated{0, 1, 1, 2};
    EXPECT_EQ(selectedShare(repeated, 0, 4, 1), (std::vector<float>{0.75F}));
}

TEST(SelectedShare, AddsUpToTheSelectionWhereverItIsCut) {
    Random random(21);
    for (int round = 0; round < 50; ++round) {
        const auto size = static_cast<std::int64_t>(1 + random.below(500));
        const std::vector<std::int64_t> chosen = random.sample(
            size, static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size) + 1)));
        const auto cells = static_cast<int>(1 + random.below(700));
        double sum = 0;
        for (const float share : selectedShare(chosen, 0, static_cast<double>(size), cells))
            sum += share;
        EXPECT_NEAR(
            sum * static_cast<double>(size) / cells, static_cast<double>(chosen.size()), 1e-3);
    }
}

} // namespace
} // namespace heirloom
