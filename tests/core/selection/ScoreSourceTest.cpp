// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ScoreSource.h"

#include "core/selection/Strategy.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <set>

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kTeacher = "vit:dim=16,depth=2,heads=4,mlp=24";
constexpr std::string_view kStudent = "vit:dim=8,depth=2,heads=2,mlp=10";

/// As if measured elsewhere: on every space the odd indices are worth more.
class OddFirst final : public ScoreSource {
public:
    explicit OddFirst(const ModelSpec& teacher) : m_teacher(teacher) {}

    bool has(std::string_view strategy) const override { return strategy == "magnitude"; }
    Result<std::vector<double>> scores(const ScoreRequest& request) override {
        const auto& space = m_teacher.spaces.at(static_cast<std::size_t>(request.space));
        asked.insert(space.name);
        if (space.kind == silent)
            return std::vector<double>{};
        const auto size = request.isFlat ? flatSize : space.size;
        std::vector<double> scores;
        for (std::int64_t i = 0; i < size; ++i)
            scores.push_back(static_cast<double>(i % 2));
        return scores;
    }

    std::set<std::string> asked;
    std::optional<SpaceKind> silent;
    std::int64_t flatSize = 0;

private:
    const ModelSpec& m_teacher;
};

TEST(ScoreSource, IsAskedBeforeTheWeightsForEverySpaceThatShrinks) {
    const auto teacher = model(kTeacher);
    OddFirst source(*teacher);
    const auto made =
        planSelection(teacher, model(kStudent), withElement("magnitude"), nullptr, &source);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(*spaceOf(*made, "residual").indices, (Indices{1, 3, 5, 7, 9, 11, 13, 15}));
    EXPECT_EQ(*spaceOf(*made, "blocks.1.heads").indices, (Indices{1, 3}));
    EXPECT_EQ(source.asked,
              (std::set<std::string>{
                  "residual", "blocks.0.heads", "blocks.0.mlp", "blocks.1.heads", "blocks.1.mlp"}));
}

TEST(ScoreSource, IsAskedForOneScoreARowWhereHeadsAreBlended) {
    const auto teacher = model(kTeacher);
    OddFirst source(*teacher);
    source.flatSize = 16;
    const auto made = planSelection(
        teacher, model(kStudent), withElement("magnitude:heads=blended"), nullptr, &source);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(*spaceOf(*made, "blocks.0.heads").indices, (Indices{1, 3, 5, 7, 9, 11, 13, 15}));
}

TEST(ScoreSource, MayHaveNothingToSayOfASpaceWhichThenIsUniform) {
    const auto teacher = model(kTeacher);
    OddFirst source(*teacher);
    source.silent = SpaceKind::Mlp;
    const auto made =
        planSelection(teacher, model(kStudent), withElement("magnitude"), nullptr, &source);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(*spaceOf(*made, "blocks.0.mlp").indices, uniformIndices(24, 10));
    EXPECT_EQ(made->notes,
              (std::vector<std::string>{"blocks.0.mlp to blocks.1.mlp (2 spaces): magnitude has "
                                        "nothing to go by here, so the uniform rule is used"}));
}

TEST(ScoreSource, LeavesOtherStrategiesToTheWeights) {
    const auto teacher = model(kTeacher);
    OddFirst source(*teacher);
    const auto none =
        planSelection(teacher, model(kStudent), withElement("fpgm"), nullptr, &source);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().text, "fpgm looks at the teacher's weights, and there are none");
    const auto weights = filledTeacher(*teacher);
    const auto made =
        planSelection(teacher, model(kStudent), withElement("fpgm"), weights.get(), &source);
    EXPECT_TRUE(made);
    EXPECT_TRUE(source.asked.empty());
}

TEST(ScoreSource, RefusesScoresOfAnotherSize) {
    const auto teacher = model(kTeacher);
    OddFirst source(*teacher);
    source.flatSize = 4;
    const auto made = planSelection(
        teacher, model(kStudent), withElement("magnitude:heads=blended"), nullptr, &source);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().where, "blocks.0.heads");
    EXPECT_EQ(made.error().text, "expected one score for each of 16 teacher indices, found 4");
}

TEST(Gain, TakesTheUniformRuleWithANoteWhereASpaceHasNoNorm) {
    const auto teacher = model(kTeacher);
    const auto weights = filledTeacher(*teacher);
    const auto made = planSelection(teacher, model(kStudent), withElement("gain"), weights.get());
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(*spaceOf(*made, "blocks.0.mlp").indices, uniformIndices(24, 10));
    EXPECT_NE(*spaceOf(*made, "residual").indices, uniformIndices(16, 8));
    EXPECT_EQ(made->notes.size(), 1U) << fmt::format("{}", made->notes.size());
}

TEST(RandomWithoutConsistency, DrawsAnewForEachTensorAxis) {
    const auto options = withElement("random:seed=3,consistent=false");
    const auto made = plan(kTeacher, kStudent, options);
    const auto residual = axisOf(made, "patch_embed.proj.weight", 0);
    EXPECT_NE(axisOf(made, "patch_embed.proj.bias", 0), residual);
    EXPECT_NE(axisOf(made, "blocks.0.mlp.fc1.weight", 0),
              axisOf(made, "blocks.0.mlp.fc2.weight", 1));
    const auto rows = axisOf(made, "blocks.0.attn.qkv.weight", 0);
    const Indices q(rows.begin(), rows.begin() + 8);
    Indices k(rows.begin() + 8, rows.begin() + 16);
    for (auto& index : k)
        index -= 16;
    Indices v(rows.begin() + 16, rows.end());
    for (auto& index : v)
        index -= 32;
    EXPECT_FALSE(q == k && k == v);
    for (const auto& parameter : made.parameters)
        for (const auto& list : parameter.axes)
            if (list) {
                EXPECT_TRUE(std::ranges::is_sorted(*list)) << parameter.student;
                EXPECT_EQ(std::ranges::adjacent_find(*list), list->end()) << parameter.student;
            }
    EXPECT_EQ(made.notes.size(), 1U);
    EXPECT_NE(made.notes[0].find("drawn anew for each tensor"), std::string::npos);
    // The same seed gives the same student, another seed another.
    const auto again = plan(kTeacher, kStudent, options);
    for (std::size_t i = 0; i < made.parameters.size(); ++i)
        for (std::size_t axis = 0; axis < made.parameters[i].axes.size(); ++axis) {
            const auto& one = made.parameters[i].axes[axis];
            const auto& two = again.parameters[i].axes[axis];
            ASSERT_EQ(!one, !two);
            EXPECT_TRUE(!one || *one == *two) << made.parameters[i].student;
        }
    EXPECT_NE(axisOf(plan(kTeacher, kStudent, withElement("random:seed=4,consistent=false")),
                     "patch_embed.proj.weight",
                     0),
              residual);
}

} // namespace
} // namespace heirloom
