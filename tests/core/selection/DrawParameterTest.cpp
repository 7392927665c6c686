// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

using namespace test;

struct Moments {
    double mean = 0;
    double deviation = 0;
    double largest = 0;
};

Moments momentsOf(const HostTensor& tensor) {
    Moments made;
    double squares = 0;
    const auto count = static_cast<double>(tensor.elements());
    for (const float value : tensor.floats()) {
        made.mean += static_cast<double>(value) / count;
        squares += static_cast<double>(value) * static_cast<double>(value) / count;
        made.largest = std::max(made.largest, std::abs(static_cast<double>(value)));
    }
    made.deviation = std::sqrt(squares - made.mean * made.mean);
    return made;
}

Parameter parameter(InitRule rule, double scale, Shape shape = {100, 100}) {
    return {.name = "w", .shape = std::move(shape), .init = rule, .initScale = scale};
}

TEST(DrawParameter, FollowsItsRule) {
    const auto truncated = momentsOf(drawParameter(parameter(InitRule::TruncNormal, 0.02), 1));
    EXPECT_NEAR(truncated.mean, 0, 1e-3);
    EXPECT_NEAR(truncated.deviation, 0.02, 1e-3);
    const auto cut = momentsOf(drawParameter(parameter(InitRule::TruncNormal, 2.0), 1));
    EXPECT_LE(cut.largest, 2.0);
    EXPECT_NEAR(cut.deviation, 2 * 0.5396, 0.05); // standard deviation of a normal cut at one sigma
    EXPECT_NEAR(momentsOf(drawParameter(parameter(InitRule::Normal, 0.5), 1)).deviation, 0.5, 0.02);
    const auto even = momentsOf(drawParameter(parameter(InitRule::Uniform, 0.3), 1));
    EXPECT_LE(even.largest, 0.3);
    EXPECT_NEAR(even.deviation, 0.3 / std::sqrt(3.0), 0.01);
    const auto kaiming =
        momentsOf(drawParameter(parameter(InitRule::KaimingFanOut, 1, {64, 32, 3, 3}), 1));
    EXPECT_NEAR(kaiming.deviation, std::sqrt(2.0 / (64 * 9)), 1e-3);
    const auto constant = drawParameter(parameter(InitRule::Constant, 1.5), 1);
    EXPECT_TRUE(std::ranges::all_of(constant.floats(), [](float value) { return value == 1.5F; }));
}

TEST(DrawParameter, KnowsSwinsIndexOfRelativePositions) {
    auto index = parameter(InitRule::WindowIndex, 2, {4, 4});
    index.dtype = DType::I64;
    // timm: get_relative_position_index(2, 2)
    const std::vector<float> expected = {4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4};
    const auto square = drawParameter(index, 1);
    EXPECT_EQ(square.dtype, DType::I64);
    EXPECT_EQ(square.shape, (Shape{4, 4}));
    EXPECT_EQ(toFloats(square), expected);
    index.shape = {16};
    EXPECT_EQ(toFloats(drawParameter(index, 2)), expected);
}

TEST(DrawParameter, DependsOnSeedAndNameAlone) {
    auto w = parameter(InitRule::Normal, 1);
    const auto first = drawParameter(w, 1);
    EXPECT_EQ(first, drawParameter(w, 1));
    EXPECT_NE(first, drawParameter(w, 2));
    w.name = std::string(1, 'v');
    EXPECT_NE(first, drawParameter(w, 1));
}

TEST(DrawParameter, LeavesCountersAtZero) {
    const auto made = drawParameter(
        {.name = "bn1.num_batches_tracked", .shape = {}, .dtype = DType::I64, .isBuffer = true}, 1);
    EXPECT_EQ(made, HostTensor::zeros(DType::I64, {}));
}

TEST(RandomStudent, HasEveryParameterInOrderWithItsShape) {
    for (const auto* name : {"vit:dim=32,heads=4,depth=2", "resnet18:num_classes=10"}) {
        const auto spec = model(name);
        const auto made = randomStudent(*spec, 3);
        ASSERT_EQ(made.size(), spec->parameters.size());
        for (std::size_t i = 0; i < made.size(); ++i) {
            EXPECT_EQ(made.entries()[i].first, spec->parameters[i].name);
            EXPECT_EQ(made.entries()[i].second.shape, spec->parameters[i].shape);
        }
    }
}

} // namespace
} // namespace heirloom
