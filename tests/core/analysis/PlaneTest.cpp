// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/Plane.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

IndexList list(std::vector<std::int64_t> indices) {
    return std::make_shared<const std::vector<std::int64_t>>(std::move(indices));
}

ParameterPlan inherited(std::vector<IndexList> axes) {
    ParameterPlan plan;
    plan.origin = Origin::Inherited;
    plan.axes = std::move(axes);
    return plan;
}

TEST(Plane, LaysOutEachRank) {
    EXPECT_EQ(planeSize({}), (PlaneSize{1, 1}));
    EXPECT_EQ(planeSize({192}), (PlaneSize{1, 192}));
    EXPECT_EQ(planeSize({576, 192}), (PlaneSize{576, 192}));
    EXPECT_EQ(planeSize({1, 384}), (PlaneSize{1, 384}));
    EXPECT_EQ(planeSize({1, 197, 384}), (PlaneSize{197, 384}));
    EXPECT_EQ(planeSize({1, 1, 384}), (PlaneSize{1, 384}));
    EXPECT_EQ(planeSize({64, 3, 7, 7}), (PlaneSize{64, 147}));
    EXPECT_EQ(planeSize({0, 5}), (PlaneSize{0, 5}));
}

TEST(Plane, KeepsElementsInRowMajorOrder) {
    std::vector<float> values(24);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(i);
    const Plane plane = planeOf(HostTensor::fromFloats({2, 3, 2, 2}, values));
    EXPECT_EQ(plane.rows, 2);
    EXPECT_EQ(plane.columns, 12);
    EXPECT_EQ(plane.values, values);
    EXPECT_EQ(plane.at(1, 11), 23);
}

TEST(PlaneOrigin, NamesTeacherRowsAndColumnsOfAMatrix) {
    const PlaneOrigin origin = planeOrigin(inherited({list({0, 2}), nullptr}), {4, 3}, {2, 3});
    EXPECT_EQ(origin.rows, (std::vector<std::int64_t>{0, 2}));
    EXPECT_EQ(origin.columns, (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(PlaneOrigin, SpreadsInputChannelsOverKernelPositions) {
    const PlaneOrigin origin = planeOrigin(
        inherited({list({1}), list({0, 2}), nullptr, nullptr}), {2, 3, 1, 2}, {1, 2, 1, 2});
    EXPECT_EQ(origin.rows, (std::vector<std::int64_t>{1}));
    EXPECT_EQ(origin.columns, (std::vector<std::int64_t>{0, 1, 4, 5}));
}

TEST(PlaneOrigin, FollowsTheElementsThatThePlaneShows) {
    // The student's plane must equal the teacher's plane at the origin's rows and columns, for
    // every rank.
    const Shape teacherShape{5, 4, 3, 2};
    const Shape studentShape{2, 3, 3, 2};
    std::vector<float> values(120);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(i);
    const Plane teacher = planeOf(HostTensor::fromFloats(teacherShape, values));
    const std::vector<std::int64_t> out{1, 4};
    const std::vector<std::int64_t> in{0, 2, 3};
    const PlaneOrigin origin =
        planeOrigin(inherited({list(out), list(in), nullptr, nullptr}), teacherShape, studentShape);
    ASSERT_EQ(origin.columns.size(), 18U);
    for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t column = 0; column < 18; ++column)
            EXPECT_EQ(teacher.at(origin.rows[row], origin.columns[column]),
                      static_cast<float>(out[row] * 24 + in[column / 6] * 6 +
                                         static_cast<std::int64_t>(column % 6)));
}

TEST(PlaneOrigin, ShowsAVectorAsOneRow) {
    const PlaneOrigin origin = planeOrigin(inherited({list({3, 5})}), {8}, {2});
    EXPECT_EQ(origin.rows, (std::vector<std::int64_t>{0}));
    EXPECT_EQ(origin.columns, (std::vector<std::int64_t>{3, 5}));
}

TEST(PlaneOrigin, HasNoRowsWhereTokensWereResampled) {
    ParameterPlan plan = inherited({nullptr, nullptr, list({0, 2})});
    plan.origin = Origin::Resampled;
    const PlaneOrigin origin = planeOrigin(plan, {1, 577, 4}, {1, 197, 2});
    EXPECT_TRUE(origin.rows.empty());
    EXPECT_EQ(origin.columns, (std::vector<std::int64_t>{0, 2}));
}

TEST(PlaneOrigin, IsEmptyForAFreshParameter) {
    const PlaneOrigin origin = planeOrigin(ParameterPlan{}, {4, 4}, {2, 2});
    EXPECT_TRUE(origin.rows.empty());
    EXPECT_TRUE(origin.columns.empty());
}

ModelSpec attentionSpec() {
    ModelSpec spec;
    spec.spaces = {{"residual", 8, SpaceKind::Residual, -1},
                   {"blocks.0.heads", 2, SpaceKind::Heads, 0},
                   {"blocks.0.qk_dim", 4, SpaceKind::HeadDim, 0},
                   {"blocks.0.mlp", 16, SpaceKind::Mlp, 0}};
    return spec;
}

TEST(PlaneBands, NamesQueryKeyAndValueWithTheirHeads) {
    Parameter qkv;
    qkv.shape = {24, 8};
    qkv.axes = {AxisLayout{{{{1, 2}}, {{1, 2}}, {{1, 2}}}}, AxisLayout{{{{0}}}}};
    const std::vector<PlaneBand> bands = planeBands(attentionSpec(), qkv);
    ASSERT_EQ(bands.size(), 3U);
    EXPECT_EQ(bands[0].label, "Q");
    EXPECT_EQ(bands[2].label, "V");
    EXPECT_EQ(bands[1].firstRow, 8);
    EXPECT_EQ(bands[2].rows, 8);
    EXPECT_EQ(bands[1].heads, 2);
}

TEST(PlaneBands, HasNoneForOnePlainSpaceOrAVector) {
    Parameter fc1;
    fc1.shape = {16, 8};
    fc1.axes = {AxisLayout{{{{3}}}}, AxisLayout{{{{0}}}}};
    EXPECT_TRUE(planeBands(attentionSpec(), fc1).empty());
    Parameter bias;
    bias.shape = {24};
    bias.axes = {AxisLayout{{{{1, 2}}, {{1, 2}}, {{1, 2}}}}};
    EXPECT_TRUE(planeBands(attentionSpec(), bias).empty());
}

} // namespace
} // namespace heirloom
