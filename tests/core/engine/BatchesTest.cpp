// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace heirloom::test {
namespace {

/// Two images of 2 x 3, grey: 1 ... 6 and 11 ... 16.
class CountingImages final : public ImageSet {
public:
    explicit CountingImages(int channels = 1) {
        m_labels = {0, 1};
        m_imageSize = {2, 3, channels};
    }
    Status read(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const override {
        for (const std::int64_t index : indices)
            for (std::size_t i = 0; i < m_imageSize.bytes(); ++i) {
                out.front() =
                    static_cast<std::uint8_t>(index * 10 + static_cast<std::int64_t>(i) + 1);
                out = out.subspan(1);
            }
        return {};
    }
};

class NoStatistics final : public Dataset {
public:
    Result<std::shared_ptr<const ImageSet>> images(Split, ImageSize) const override {
        return std::shared_ptr<const ImageSet>();
    }
};

/// Input equal to the byte itself.
Normalization identity(int channels = 1) {
    DataSource source;
    source.mean = {0};
    source.standardDeviation = {1.0 / 255};
    return *Normalization::make(source, NoStatistics(), channels);
}

std::vector<int> bytesOf(const std::vector<float>& values) {
    std::vector<int> bytes;
    for (const float value : values)
        bytes.push_back(static_cast<int>(std::lround(value)));
    return bytes;
}

TEST(Normalization, IsImageNetsForColourAndAHalfForGrey) {
    const auto colour = Normalization::make({}, NoStatistics(), 3);
    ASSERT_TRUE(colour);
    EXPECT_FLOAT_EQ((*colour)(0, 255), (1 - 0.485F) / 0.229F);
    EXPECT_FLOAT_EQ((*colour)(2, 0), -0.406F / 0.225F);
    const auto grey = Normalization::make({}, NoStatistics(), 1);
    ASSERT_TRUE(grey);
    EXPECT_FLOAT_EQ((*grey)(0, 0), -1);
    EXPECT_FLOAT_EQ((*grey)(0, 255), 1);
}

TEST(Normalization, RefusesWhatCannotNormalise) {
    DataSource source;
    source.standardDeviation = {0};
    EXPECT_FALSE(Normalization::make(source, NoStatistics(), 1));
    source.standardDeviation = {1, 1};
    EXPECT_FALSE(Normalization::make(source, NoStatistics(), 3));
}

TEST(Batches, PutChannelsFirst) {
    Batches batches(std::make_shared<CountingImages>(3), identity(3));
    std::vector<float> out(18);
    ASSERT_TRUE(batches.fill(std::vector<std::int64_t>{0}, out));
    EXPECT_EQ(bytesOf(out),
              (std::vector<int>{1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17, 3, 6, 9, 12, 15, 18}));
}

TEST(Batches, FlipHalfOfTheImages) {
    Batches batches(std::make_shared<CountingImages>(), identity());
    Random random(3);
    int flipped = 0;
    for (int i = 0; i < 400; ++i) {
        std::vector<float> out(6);
        ASSERT_TRUE(batches.fill(std::vector<std::int64_t>{0}, {true, 0}, random, out));
        const bool isFlipped = bytesOf(out) == std::vector<int>{3, 2, 1, 6, 5, 4};
        EXPECT_TRUE(isFlipped || bytesOf(out) == (std::vector<int>{1, 2, 3, 4, 5, 6}));
        flipped += isFlipped ? 1 : 0;
    }
    EXPECT_NEAR(flipped, 200, 60);
}

TEST(Batches, CropFromAPaddedImageInEveryPlace) {
    Batches batches(std::make_shared<CountingImages>(), identity());
    Random random(3);
    std::set<std::vector<int>> seen;
    for (int i = 0; i < 400; ++i) {
        std::vector<float> out(6);
        ASSERT_TRUE(batches.fill(std::vector<std::int64_t>{0}, {false, 1}, random, out));
        seen.insert(bytesOf(out));
    }
    EXPECT_EQ(seen.size(), 9U);
    EXPECT_TRUE(seen.contains({0, 0, 0, 0, 1, 2})); // one row down, one column right
    EXPECT_TRUE(seen.contains({5, 6, 0, 0, 0, 0})); // one row up, one column left
}

TEST(EpochOrder, IsAPermutationThatFollowsFromSeedAndEpoch) {
    const auto order = epochOrder(1000, 5, 1);
    auto sorted = order;
    std::ranges::sort(sorted);
    std::vector<std::int64_t> all(1000);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(sorted, all);
    EXPECT_NE(order, all);
    EXPECT_EQ(order, epochOrder(1000, 5, 1));
    EXPECT_NE(order, epochOrder(1000, 5, 2));
    EXPECT_NE(order, epochOrder(1000, 6, 1));
}

} // namespace
} // namespace heirloom::test
