// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ParameterView.h"

#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/Strategy.h"
#include "tests/support/FillCheckpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace heirloom {
namespace {

class ParameterViewTest : public testing::Test {
protected:
    ParameterViewTest() {
        std::vector<TensorInfo> tensors;
        for (const Parameter& parameter : teacher->parameters)
            tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
        weights = test::fillCheckpoint(std::move(tensors));
    }

    SelectionPlan plan(std::string_view element = "uniform", bool asPublished = false) const {
        SelectionOptions options;
        options.element = parseElementSelection(element).value();
        options.asPublished = asPublished;
        return planSelection(teacher, student, options, weights.get()).value();
    }
    std::vector<WhatIf> choices(const SelectionPlan& of, std::string_view parameter) const {
        return whatIfs(*weights, of, parameter, 24, 12).value();
    }
    static const WhatIf& named(const std::vector<WhatIf>& choices, std::string_view title) {
        return *std::ranges::find(choices, title, &WhatIf::title);
    }

    std::shared_ptr<const ModelSpec> teacher =
        std::make_shared<ModelSpec>(modelFromName("vit_small_patch16_224:depth=2").value());
    std::shared_ptr<const ModelSpec> student = std::make_shared<ModelSpec>(
        modelFromName("vit_tiny_patch16_224:depth=2,num_classes=100").value());
    std::shared_ptr<const Checkpoint> weights;
};

TEST_F(ParameterViewTest, ShowsTheTeachersTensorAndTheStudentsCutOfIt) {
    const SelectionPlan of = plan();
    const ParameterView view = viewParameter(*weights, of, "blocks.1.attn.qkv.weight").value();
    EXPECT_EQ(view.teacher, "blocks.1.attn.qkv.weight");
    EXPECT_EQ(view.teacherShape, (Shape{1152, 384}));
    EXPECT_EQ(view.studentShape, (Shape{576, 192}));
    const Plane& from = view.teacherPlane->pyramid->plane();
    const Plane& to = view.studentPlane->pyramid->plane();
    ASSERT_EQ(view.origin.rows.size(), 576U);
    ASSERT_EQ(view.origin.columns.size(), 192U);
    for (std::int64_t row = 0; row < to.rows; row += 31)
        for (std::int64_t column = 0; column < to.columns; column += 17)
            EXPECT_EQ(to.at(row, column),
                      from.at(view.origin.rows[static_cast<std::size_t>(row)],
                              view.origin.columns[static_cast<std::size_t>(column)]));
    EXPECT_EQ(view.teacherPlane->bands.size(), 3U);
    EXPECT_NEAR(view.kept.elements, 0.25, 1e-12);
    EXPECT_NEAR(view.kept.squaredNorm, 0.25, 0.01); // the fill rule is even
    EXPECT_NEAR(view.range, 0.99, 0.02);
    const auto& bins = view.teacherPlane->histogram;
    EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), std::int64_t{0}), 1152 * 384);
}

TEST_F(ParameterViewTest, AFreshParameterHasNoTeacherSide) {
    const SelectionPlan of = plan();
    const ParameterView view = viewParameter(*weights, of, "head.weight").value();
    EXPECT_TRUE(view.teacher.empty());
    EXPECT_EQ(view.teacherPlane, nullptr);
    EXPECT_TRUE(view.origin.rows.empty());
    EXPECT_GT(view.range, 0);
    EXPECT_TRUE(choices(of, "head.weight").empty());
}

TEST_F(ParameterViewTest, ANameThatIsNotThereIsAnError) {
    const SelectionPlan of = plan();
    EXPECT_EQ(viewParameter(*weights, of, "blocks.9.attn.qkv.weight").error().where,
              "blocks.9.attn.qkv.weight");
    EXPECT_FALSE(whatIfs(*weights, of, "nowhere", 8, 8).has_value());
}

TEST_F(ParameterViewTest, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(
        viewParameter(*weights, plan(), "blocks.0.mlp.fc1.weight", stop.get_token()).has_value());
    EXPECT_FALSE(
        whatIfs(*weights, plan(), "blocks.0.mlp.fc1.weight", 8, 8, stop.get_token()).has_value());
}

TEST_F(ParameterViewTest, TheMainSpaceIsWhatAUserMeansByTheLayersStrategy) {
    const auto name = [this](std::string_view parameter) {
        const int space = mainSpace(*student, parameter);
        return space < 0 ? std::string() : student->spaces[static_cast<std::size_t>(space)].name;
    };
    EXPECT_EQ(name("blocks.1.attn.qkv.weight"), "blocks.1.heads");
    EXPECT_EQ(name("blocks.1.attn.proj.weight"), "blocks.1.heads");
    EXPECT_EQ(name("blocks.0.mlp.fc2.weight"), "blocks.0.mlp");
    EXPECT_EQ(name("blocks.0.norm1.weight"), "residual");
    EXPECT_EQ(name("cls_token"), "residual");
    EXPECT_EQ(name("head.bias"), "");
    EXPECT_EQ(name("nowhere"), "");
}

TEST_F(ParameterViewTest, EachWhatIfIsWhatThePlanWouldMakeOfIt) {
    const SelectionPlan now = plan("random:seed=4");
    const std::vector<WhatIf> offered = choices(now, "blocks.1.attn.qkv.weight");
    // Every strategy but the list of indices and the control, blended heads beside whole ones, and
    // as published.
    ASSERT_EQ(offered.size(), strategies().size() - 2 + 2);
    EXPECT_EQ(std::ranges::find(offered, "Smallest", &WhatIf::title), offered.end());
    EXPECT_TRUE(named(choices(plan("smallest"), "blocks.1.attn.qkv.weight"), "Smallest").isCurrent);
    EXPECT_EQ(std::ranges::count(offered, true, &WhatIf::isCurrent), 1);
    EXPECT_TRUE(named(offered, "Random").isCurrent);
    EXPECT_EQ(named(offered, "Random").selection.seed, 4U);
    for (const WhatIf& choice : offered) {
        ASSERT_TRUE(choice.unfit.empty()) << choice.title << ": " << choice.unfit;
        SelectionOptions options = now.options;
        options.asPublished = choice.asPublished;
        if (!choice.asPublished)
            options.spaces.emplace_back("blocks.1.heads", choice.selection);
        const SelectionPlan then = planSelection(teacher, student, options, weights.get()).value();
        const ParameterView view =
            viewParameter(*weights, then, "blocks.1.attn.qkv.weight").value();
        EXPECT_NEAR(choice.kept.squaredNorm, view.kept.squaredNorm, 1e-9) << choice.title;
        // Every display cell of the thumbnail holds the largest magnitude under it, so the whole
        // holds the student's largest.
        const auto size = [](float value) { return std::abs(value); };
        const float shown = size(std::ranges::max(choice.thumbnail.values, {}, size));
        const float largest =
            size(std::ranges::max(view.studentPlane->pyramid->plane().values, {}, size));
        EXPECT_EQ(shown, largest) << choice.title;
    }
}

TEST_F(ParameterViewTest, AsPublishedIsTheCurrentChoiceOfAPublishedPlan) {
    const std::vector<WhatIf> offered = choices(plan("uniform", true), "blocks.0.mlp.fc1.weight");
    EXPECT_TRUE(named(offered, "Published").isCurrent);
    EXPECT_EQ(std::ranges::count(offered, true, &WhatIf::isCurrent), 1);
}

} // namespace
} // namespace heirloom
