// SPDX-License-Identifier: GPL-3.0-or-later
//
// Grouped-query attention, rotary pairs and position tables.
#include "core/selection/SelectionPlan.h"
#include "core/selection/SpaceScores.h"
#include "tests/core/selection/GroupedSpec.h"
#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

Result<SelectionPlan> grouped(const GroupedSizes& student,
                              const SelectionOptions& options = {},
                              const Checkpoint* weights = nullptr) {
    return planSelection(groupedSpec({}), groupedSpec(student), options, weights);
}

bool hasNote(const SelectionPlan& plan, std::string_view words) {
    return std::ranges::any_of(
        plan.notes, [&](const auto& note) { return note.find(words) != std::string::npos; });
}

TEST(PlanGroups, TakesWholeGroupsWithTheSameQueryHeadsInEach) {
    const auto made = grouped({.kvHeads = 2, .group = 1}).value();
    EXPECT_EQ(*spaceOf(made, "layers.0.kv_heads").indices, (Indices{0, 2}));
    EXPECT_EQ(*spaceOf(made, "layers.0.group").indices, (Indices{0}));
    // q: kv head, query head of the group, 8 dimensions. k and v: kv head, 8 dimensions.
    EXPECT_EQ(axisOf(made, "layers.0.q.weight", 0),
              (Indices{0, 1, 2, 3, 4, 5, 6, 7, 32, 33, 34, 35, 36, 37, 38, 39}));
    EXPECT_EQ(axisOf(made, "layers.0.k.weight", 0),
              (Indices{0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23}));
    EXPECT_EQ(axisOf(made, "layers.0.v.weight", 0), axisOf(made, "layers.0.k.weight", 0));
    EXPECT_EQ(axisOf(made, "layers.0.o.weight", 1), axisOf(made, "layers.0.q.weight", 0));
    EXPECT_EQ(made.freshCount(), 0);
}

TEST(PlanGroups, KeepsRotaryPairsTogetherAtMatchingFrequenciesWhateverTheStrategy) {
    const auto weights = filledTeacher(*groupedSpec({}));
    for (const auto* strategy : {"uniform", "consecutive", "random", "magnitude", "fpgm"}) {
        const auto made = grouped({.headDim = 6}, withElement(strategy), weights.get()).value();
        // 4 pairs to 3: 0, 1.33, 2.67
        EXPECT_EQ(*spaceOf(made, "layers.1.rotary").indices, (Indices{0, 1, 3})) << strategy;
        const auto rows = axisOf(made, "layers.1.k.weight", 0);
        for (std::size_t head = 0; head < 4; ++head)
            for (std::size_t pair = 0; pair < 3; ++pair) {
                const auto first = rows[head * 6 + pair];
                EXPECT_EQ(rows[head * 6 + 3 + pair], first + 4); // i and i + head_dim / 2
                EXPECT_EQ(first % 8, (Indices{0, 1, 3})[pair]);
            }
        EXPECT_EQ(axisOf(made, "layers.1.q_norm.weight", 0), (Indices{0, 1, 3, 4, 5, 7}));
        EXPECT_TRUE(hasNote(made,
                            "layers.0.rotary to layers.1.rotary (2 spaces): rotary pairs "
                            "are taken at matching frequencies"));
    }
    auto options = withElement("uniform");
    options.spaces.emplace_back("layers.*.rotary",
                                parseElementSelection("explicit:indices=0-1-2").value());
    const auto byHand = grouped({.headDim = 6}, options).value();
    EXPECT_EQ(*spaceOf(byHand, "layers.0.rotary").indices, (Indices{0, 1, 2}));
    EXPECT_FALSE(hasNote(byHand, "matching frequencies"));
}

TEST(PlanGroups, ScoresHeadsAndDimensionsInsideThemWithOneStrategy) {
    const auto teacher = groupedSpec({});
    const auto weights = filledTeacher(*teacher);
    const auto made =
        grouped({.kvHeads = 2, .headDim = 6}, withElement("magnitude"), weights.get()).value();
    WeightScores scores(*weights, *teacher);
    for (const auto* name : {"layers.0.kv_heads", "layers.0.v_dim"}) {
        const auto ranked = scores.magnitudes(teacher->spaceIndex(name), false, 2).value();
        const auto& kept = *spaceOf(made, name).indices;
        double least = 1e9;
        for (const auto index : kept)
            least = std::min(least, ranked[static_cast<std::size_t>(index)]);
        std::size_t above = 0;
        for (const double score : ranked)
            above += score >= least;
        EXPECT_EQ(above, kept.size()) << name;
    }
    const auto& heads = *spaceOf(made, "layers.0.kv_heads").indices;
    const auto& inside = *spaceOf(made, "layers.0.v_dim").indices;
    const auto rows = axisOf(made, "layers.0.v.weight", 0);
    for (std::size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(rows[i], heads[i / 6] * 8 + inside[i % 6]);
}

TEST(PlanGroups, TakesWholeHeadsWithANoteWhereBlendedOnesAreAskedFor) {
    const auto made = grouped({.kvHeads = 2}, withElement("uniform:heads=blended")).value();
    EXPECT_FALSE(spaceOf(made, "layers.0.kv_heads").blended);
    EXPECT_EQ(spaceOf(made, "layers.0.kv_heads").indices->size(), 2U);
    EXPECT_TRUE(hasNote(made, "heads cannot be blended"));
}

TEST(PlanGroups, RejectsHeadsThatDoNotFitWhole) {
    const auto refused = [](const GroupedSizes& student) {
        auto made = grouped(student);
        return made ? Error{"", "no error", ""} : made.error();
    };
    EXPECT_EQ(refused({.kvHeads = 8, .group = 1, .headDim = 4}).where, "layers.0.kv_heads");
    EXPECT_EQ(refused({.kvHeads = 2, .group = 4}).where, "layers.0.group");
    EXPECT_EQ(refused({.kvHeads = 2, .headDim = 10}).where, "layers.0.rotary");
    EXPECT_EQ(refused({.kvHeads = 2, .group = 4}).text,
              "the student needs 4 but the teacher has 2; grouped query heads and rotary pairs are "
              "only taken whole");
}

TEST(PlanPositions, KeepsTheFirstRows) {
    const auto made = grouped({.positions = 5}, withElement("random")).value();
    EXPECT_EQ(axisOf(made, "positions.weight", 0), (Indices{0, 1, 2, 3, 4}));
    EXPECT_TRUE(hasNote(made, "positions: the first 5 of 16 positions are kept"));
}

TEST(PlanPositions, LeavesALongerTableFresh) {
    const auto made = grouped({.positions = 20}).value();
    EXPECT_EQ(made.find("positions.weight")->origin, Origin::Fresh);
    EXPECT_EQ(made.find("positions.weight")->reason, "20 positions, the teacher has 16");
}

TEST(PlanPositions, AreNotForAStrategyToChooseOn) {
    SelectionOptions options;
    options.spaces.emplace_back("positions", parseElementSelection("random").value());
    const auto made = grouped({.positions = 5}, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().where, "positions");
}

TEST(PlanGroups, ReadsNoTensorForAParameterThatIsTiedToAnother) {
    const auto teacher = groupedSpec({});
    std::vector<TensorInfo> tensors;
    for (const auto& parameter : teacher->parameters)
        if (parameter.name != "head.weight")
            tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
    const auto weights = fillCheckpoint(std::move(tensors));
    EXPECT_TRUE(grouped({.dim = 16}, withElement("magnitude"), weights.get()));
}

} // namespace
} // namespace heirloom
