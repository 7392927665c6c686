// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/Advisor.h"

#include "core/model/Families.h"
#include "core/selection/SelectionPlan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

std::shared_ptr<const ModelSpec> specOf(const std::string& name) {
    auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << spec.error().message();
    return std::make_shared<const ModelSpec>(spec.value_or(ModelSpec{}));
}

Budget parameters(std::int64_t most) {
    Budget budget;
    budget.parameters = most;
    return budget;
}

/// Each known family with a middling teacher.
std::vector<std::string> teachers() {
    std::vector<std::string> all;
    for (const auto* family : families()) {
        const auto names = family->names();
        if (!names.empty())
            all.push_back(names[names.size() / 2]);
    }
    return all;
}

TEST(Advisor, AdvisesThePublishedHalfForViTSmall) {
    const auto advice = adviseStudents(specOf("vit_small_patch16_224"), parameters(6'000'000));
    ASSERT_TRUE(advice) << advice.error().message();
    const auto& best = advice->front();
    EXPECT_EQ(best.model, "vit_tiny_patch16_224");
    EXPECT_EQ(best.published, "vit_tiny_patch16_224");
    EXPECT_EQ(best.cost.parameters, 5717416);
    EXPECT_NEAR(best.fit.sizeRatio, 22050664.0 / 5717416.0, 1e-9);
    EXPECT_DOUBLE_EQ(best.fit.inheritedShare, 1.0);
    EXPECT_DOUBLE_EQ(best.fit.widthRatio, 2.0);
    EXPECT_TRUE(best.fit.hasWholeHeads);
    EXPECT_TRUE(best.fit.hasWholeRatios);
    EXPECT_EQ(best.fit.heads, 3);
    EXPECT_EQ(best.fit.teacherHeads, 6);
    EXPECT_EQ(best.fit.layers, 12);
}

TEST(Advisor, KeepsTheTeachersClassesAndImage) {
    const auto advice =
        adviseStudents(specOf("vit_small_patch16_384:num_classes=100"), parameters(6'000'000));
    ASSERT_TRUE(advice) << advice.error().message();
    EXPECT_EQ(advice->front().model, "vit_tiny_patch16_384:num_classes=100");
    EXPECT_EQ(advice->front().published, "vit_tiny_patch16_384");
    EXPECT_DOUBLE_EQ(advice->front().fit.inheritedShare, 1.0);
}

TEST(Advisor, DerivesShapesByWholeHeadsWithTheMlpRatio) {
    const auto teacher = specOf("vit:dim=320,depth=9,heads=5,mlp=960");
    const auto advice = adviseStudents(teacher, parameters(4'000'000), {}, 1000);
    ASSERT_TRUE(advice) << advice.error().message();
    ASSERT_GT(advice->size(), 3U);
    int derived = 0;
    for (const auto& one : *advice) {
        if (!one.published.empty())
            continue;
        const auto spec = specOf(one.model);
        const auto dim = spec->hyper.integer("dim");
        if (dim % 64 != 0 || dim / 64 != spec->hyper.integer("heads"))
            continue; // a published width with another head size
        ++derived;
        EXPECT_TRUE(one.fit.hasWholeHeads || one.fit.heads > 5) << one.model;
        EXPECT_GE(spec->hyper.integer("depth"), 3) << one.model;
    }
    EXPECT_GE(derived, 3);
}

TEST(Advisor, AdvisesOnlyWhatFitsAndCanBeSelectedInEveryFamily) {
    for (const auto& name : teachers()) {
        const auto teacher = specOf(name);
        const auto whole = modelCost(*teacher);
        std::vector<Budget> budgets = {parameters(whole.parameters / 2), {}};
        budgets[1].bytes = whole.bytes / 3;
        if (whole.macs > 0) {
            budgets.emplace_back();
            budgets.back().macs = whole.macs / 2;
        }
        for (const auto& budget : budgets) {
            SCOPED_TRACE(name + ", " + budgetText(budget));
            const auto advice = adviseStudents(teacher, budget);
            ASSERT_TRUE(advice) << advice.error().message();
            EXPECT_FALSE(advice->empty());
            for (const auto& one : *advice) {
                SCOPED_TRACE(one.model);
                const auto student = specOf(one.model);
                EXPECT_EQ(modelCost(*student).parameters, one.cost.parameters);
                EXPECT_LE(budget.used(one.cost), 1.0);
                EXPECT_GT(one.fit.inheritedShare, 0.5);
                EXPECT_TRUE(planSelection(teacher, student, {}, nullptr));
            }
        }
    }
}

TEST(Advisor, PrefersWhatUsesMoreOfTheBudgetThenWholeHeadsThenWholeRatios) {
    const auto advice =
        adviseStudents(specOf("vit_base_patch16_224"), parameters(23'000'000), {}, 1000);
    ASSERT_TRUE(advice);
    const auto tenth = [](const StudentAdvice& one) { return static_cast<int>(one.used * 10); };
    for (std::size_t i = 1; i < advice->size(); ++i) {
        const auto& before = (*advice)[i - 1];
        const auto& after = (*advice)[i];
        ASSERT_GE(tenth(before) + 1, tenth(after));
        if (tenth(before) == tenth(after)) {
            EXPECT_LE(compareFits(before.fit, after.fit), 0)
                << before.model << " before " << after.model;
        }
    }
    EXPECT_EQ(advice->front().model, "vit_small_patch16_224");
}

TEST(Advisor, NeverAdvisesTheTeacherItself) {
    const auto advice = adviseStudents(specOf("resnet18"), parameters(1'000'000'000), {}, 1000);
    ASSERT_TRUE(advice);
    EXPECT_TRUE(std::ranges::none_of(
        *advice, [](const StudentAdvice& one) { return one.model == "resnet18"; }));
}

TEST(Advisor, ScalesEveryStageOfAHierarchicalNet) {
    const auto advice = adviseStudents(specOf("convnext_tiny"), parameters(8'000'000));
    ASSERT_TRUE(advice) << advice.error().message();
    for (const auto& one : *advice) {
        const auto dims = specOf(one.model)->hyper.integers("dims");
        ASSERT_EQ(dims.size(), 4U);
        EXPECT_EQ(dims[3], 8 * dims[0]) << one.model;
    }
}

TEST(Advisor, SaysWhatTheSmallestNeedsWhenNothingFits) {
    const auto advice = adviseStudents(specOf("vit_small_patch16_224"), parameters(1000));
    ASSERT_FALSE(advice);
    EXPECT_NE(advice.error().text.find("1.00 k parameters"), std::string::npos)
        << advice.error().text;
    EXPECT_NE(advice.error().text.find("the smallest that was tried needs"), std::string::npos)
        << advice.error().text;
}

TEST(Advisor, RefusesATeacherOfNoKnownFamily) {
    auto stranger = std::make_shared<ModelSpec>();
    stranger->family = "unknown";
    const auto advice = adviseStudents(stranger, parameters(1000));
    ASSERT_FALSE(advice);
    EXPECT_NE(advice.error().text.find("no known family"), std::string::npos);
}

TEST(Advisor, RanksTheClosestTeacherFirstAndTheImpossibleLast) {
    const std::vector teachers = {specOf("convnext_tiny"),
                                  specOf("vit_large_patch16_224"),
                                  specOf("vit_base_patch16_224"),
                                  specOf("vit_small_patch16_224"),
                                  specOf("vit:dim=128,depth=12,heads=2,mlp=512")};
    const auto advice = adviseTeachers(specOf("vit_tiny_patch16_224"), teachers);
    ASSERT_EQ(advice.size(), 5U);
    EXPECT_EQ(advice[0].teacher, 3U);
    EXPECT_EQ(advice[1].teacher, 2U);
    EXPECT_EQ(advice[2].teacher, 1U);
    EXPECT_FALSE(advice[2].fit->hasWholeRatios); // 1024 : 192
    EXPECT_FALSE(advice[3].fit);
    EXPECT_FALSE(advice[4].fit);
    EXPECT_NE(advice[3].obstacle.find("family"), std::string::npos) << advice[3].obstacle;
    EXPECT_NE(advice[4].obstacle.find("128"), std::string::npos) << advice[4].obstacle;
}

TEST(Advisor, PrefersWholeRatiosAmongTeachersThatAreAboutAsLarge) {
    const std::vector teachers = {specOf("vit:dim=448,depth=12,heads=7,mlp=1792"),
                                  specOf("vit:dim=384,depth=12,heads=6,mlp=1536")};
    const auto advice = adviseTeachers(specOf("vit:dim=192,depth=9,heads=3,mlp=768"), teachers);
    ASSERT_TRUE(advice[0].fit && advice[1].fit);
    EXPECT_EQ(advice[0].teacher, 1U);
}

TEST(PairFit, TellsHeadsThatAreGluedFromThoseThatAreWhole) {
    const auto teacher = specOf("vit:dim=64,depth=2,heads=4,mlp=256");
    const auto whole = fitPair(teacher, specOf("vit:dim=32,depth=2,heads=2,mlp=128"));
    const auto smaller = fitPair(teacher, specOf("vit:dim=32,depth=2,heads=4,mlp=128"));
    const auto glued = fitPair(teacher, specOf("vit:dim=64,depth=2,heads=2,mlp=128"));
    ASSERT_TRUE(whole && smaller && glued);
    EXPECT_TRUE(whole->hasWholeHeads);
    EXPECT_FALSE(smaller->hasWholeHeads);
    EXPECT_FALSE(smaller->hasEqualHeadDim);
    EXPECT_FALSE(glued->hasWholeHeads);
    EXPECT_LT(compareFits(*whole, *glued), 0);
}

TEST(PairFit, CountsWhatIsFresh) {
    const auto fit =
        fitPair(specOf("vit_small_patch16_224"), specOf("vit_tiny_patch16_224:num_classes=100"));
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->inheritedShare, 1 - 100.0 * 193 / 5543716, 1e-9);
    EXPECT_NEAR(fit->keptShare, (5543716 - 100.0 * 193) / 22050664, 1e-9);
}

TEST(PairFit, ReadsATeacherUnderTheStudentsNames) {
    const auto teacher = specOf("vit_small_patch16_224");
    for (const auto* names : {"transformers", "transformers4", "torchvision"}) {
        const auto fit =
            fitPair(teacher, specOf(fmt::format("vit_tiny_patch16_224:names={}", names)));
        ASSERT_TRUE(fit) << names;
        EXPECT_DOUBLE_EQ(fit->inheritedShare, 1) << names;
    }
    // timm's net has no pooler to give
    const auto fit = fitPair(teacher, specOf("google/vit-base-patch16-224-in21k:dim=192"));
    ASSERT_TRUE(fit);
    EXPECT_LT(fit->inheritedShare, 1);
}

TEST(Budget, ReadsAmountsWithUnits) {
    const auto budget = parseBudget("params=6M,macs=1.3G,bytes=25MB");
    ASSERT_TRUE(budget) << budget.error().message();
    EXPECT_EQ(budget->parameters, 6'000'000);
    EXPECT_EQ(budget->macs, 1'300'000'000);
    EXPECT_EQ(budget->bytes, 25'000'000);
    EXPECT_EQ(parseBudget("bytes=2MiB")->bytes, 2 * 1048576);
    EXPECT_EQ(parseBudget("params=5717416")->parameters, 5717416);
    EXPECT_EQ(budgetText(*budget), "6.00 M parameters, 1.30 G MACs, 25.0 MB");
}

TEST(Budget, RefusesWhatIsNoAmount) {
    for (const auto* text : {"",
                             "6M",
                             "params=",
                             "params=-6M",
                             "params=0",
                             "params=nan",
                             "params=inf",
                             "params=6X",
                             "params=1e30",
                             "size=6M",
                             "params=6M,params=7M",
                             "params=6MB",
                             "params=6M,"}) {
        const auto budget = parseBudget(text);
        ASSERT_FALSE(budget) << text;
        EXPECT_FALSE(budget.error().advice.empty()) << text;
    }
}

TEST(Budget, IsUsedByTheDearestOfItsMeasures) {
    const auto budget = parseBudget("params=100,bytes=1000");
    ASSERT_TRUE(budget);
    ModelCost cost;
    cost.parameters = 50;
    cost.bytes = 800;
    cost.macs = 1'000'000;
    EXPECT_DOUBLE_EQ(budget->used(cost), 0.8);
}

} // namespace
} // namespace heirloom
