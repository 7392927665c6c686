// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ResamplePositions.h"

#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;

TEST(ResamplePositions, EqualsTorchsBicubicInterpolationWithAntialiasing) {
    // torch's own float32 result is up to 2e-6 from its float64 one on these cases, from which
    // float64 code of the same steps is 3e-15.
    const auto file = golden("selection/positions.json");
    for (const auto& row : file["cases"]) {
        const std::string name = row["name"];
        const std::int64_t prefix = row["prefix"], oldSide = row["old_side"],
                           newSide = row["new_side"], dim = row["dim"];
        const auto source =
            fillCheckpoint({{name, DType::F32, {1, prefix + oldSide * oldSide, dim}}})->read(name);
        ASSERT_TRUE(source);
        const auto made = resamplePositions(*source, prefix, prefix + newSide * newSide);
        ASSERT_TRUE(made) << made.error().message();
        EXPECT_EQ(made->shape, (Shape{1, prefix + newSide * newSide, dim}));
        const auto expected = row["values"].get<std::vector<double>>();
        ASSERT_EQ(made->floats().size(), expected.size());
        double largest = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            largest =
                std::max(largest, std::abs(expected[i] - static_cast<double>(made->floats()[i])));
        EXPECT_LT(largest, 4e-6) << name;
    }
}

TEST(ResamplePositions, KeepsPrefixTokensAndEqualGrids) {
    const auto source = fillCheckpoint({{"p", DType::F32, {1, 2 + 9, 5}}})->read("p");
    const auto same = resamplePositions(*source, 2, 11);
    ASSERT_TRUE(same);
    for (std::size_t i = 0; i < source->floats().size(); ++i)
        EXPECT_NEAR(same->floats()[i], source->floats()[i], 1e-6F);
    const auto smaller = resamplePositions(*source, 2, 2 + 4);
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_EQ(smaller->floats()[i], source->floats()[i]);
}

TEST(ResamplePositions, RefusesWhatIsNoSquareGrid) {
    EXPECT_FALSE(resamplePositions(HostTensor::zeros(DType::F32, {1, 11, 2}), 1, 10));
    EXPECT_FALSE(resamplePositions(HostTensor::zeros(DType::F32, {1, 10, 2}), 1, 11));
    EXPECT_FALSE(resamplePositions(HostTensor::zeros(DType::F32, {2, 10, 2}), 1, 10));
    EXPECT_FALSE(resamplePositions(HostTensor::zeros(DType::BF16, {10, 2}), 1, 10));
    EXPECT_FALSE(resamplePositions(HostTensor::zeros(DType::F32, {1, 10, 2}), 11, 12));
}

TEST(GridSide, IsTheRootOfASquareCount) {
    EXPECT_EQ(gridSide(196), 14);
    EXPECT_EQ(gridSide(1), 1);
    EXPECT_EQ(gridSide(197), std::nullopt);
    EXPECT_EQ(gridSide(0), std::nullopt);
    EXPECT_EQ(gridSide(-4), std::nullopt);
}

} // namespace
} // namespace heirloom
