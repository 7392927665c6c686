// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectionPlan.h"
#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kSmall = "vit_small_patch16_224";
constexpr std::string_view kTiny = "vit_tiny_patch16_224";

TEST(PlanHeads, TakesWholeHeadsByDefault) {
    const auto made = plan("vit_large_patch16_224", kTiny);
    const auto& heads = spaceOf(made, "blocks.0.heads");
    EXPECT_FALSE(heads.blended);
    EXPECT_EQ(*heads.indices, (Indices{0, 8, 15}));
    const auto rows = axisOf(made, "blocks.0.attn.qkv.weight", 0);
    for (std::size_t i = 0; i < 192; ++i)
        EXPECT_EQ(rows[i] / 64, (Indices{0, 8, 15})[i / 64]);
}

TEST(PlanHeads, PicksInsideWholeHeadsWhereTheyAreSmaller) {
    const auto made = plan(kSmall, "vit:dim=96,heads=3,depth=2");
    EXPECT_FALSE(spaceOf(made, "blocks.0.heads").blended);
    EXPECT_EQ(*spaceOf(made, "blocks.0.heads").indices, (Indices{0, 2, 4}));
    EXPECT_EQ(spaceOf(made, "blocks.0.qk_dim").indices->size(), 32U);
    const auto rows = axisOf(made, "blocks.0.attn.qkv.weight", 0);
    EXPECT_EQ(rows[0], 0);
    EXPECT_EQ(rows[1], 2);
    EXPECT_EQ(rows[32], 2 * 64);
    EXPECT_EQ(rows[96], 384);
}

TEST(PlanHeads, BlendsHeadsWhenAskedTo) {
    const auto made = plan(kSmall, kTiny, withElement("uniform:heads=blended"));
    const auto& heads = spaceOf(made, "blocks.0.heads");
    EXPECT_TRUE(heads.blended);
    EXPECT_EQ(heads.teacherSize, 384);
    EXPECT_EQ(heads.studentSize, 192);
    EXPECT_EQ(axisOf(made, "blocks.0.attn.proj.weight", 1), *heads.indices);
    EXPECT_TRUE(made.notes.empty());
}

TEST(PlanHeads, BlendsHeadsWithANoteWhereWholeOnesCannotBe) {
    // 3 heads of 64 -> 4 heads of 8; 6 heads of 64 -> 2 heads of 96
    for (const auto* student : {"vit:dim=32,heads=4,depth=3", "vit:dim=192,heads=2,depth=3"}) {
        const auto made = plan(
            student == std::string_view("vit:dim=32,heads=4,depth=3") ? kTiny : kSmall, student);
        EXPECT_TRUE(spaceOf(made, "blocks.2.heads").blended) << student;
        ASSERT_EQ(made.notes.size(), 1U) << student;
        EXPECT_EQ(made.notes[0].find("blocks.0.heads to blocks.2.heads (3 spaces): "), 0U)
            << made.notes[0];
        EXPECT_NE(made.notes[0].find("blended"), std::string::npos) << made.notes[0];
        EXPECT_EQ(axisOf(made, "blocks.1.attn.proj.weight", 1),
                  *spaceOf(made, "blocks.1.heads").indices);
    }
}

TEST(PlanHeads, LeavesFreshWhatBelongsToOneHeadWhereTheyAreBlended) {
    const auto withHeadTable = [](std::string_view name) {
        auto spec = *model(name);
        const int heads = spec.spaceIndex("blocks.0.heads");
        spec.parameters.push_back({.name = "blocks.0.attn.scale",
                                   .shape = {spec.spaces[static_cast<std::size_t>(heads)].size},
                                   .axes = {AxisLayout{{AxisSegment{{heads}}}}},
                                   .layer = 0});
        return std::make_shared<const ModelSpec>(std::move(spec));
    };
    const auto teacher = withHeadTable("vit:dim=64,heads=4,depth=1");
    const auto student = withHeadTable("vit:dim=32,heads=2,depth=1");
    const auto whole = planSelection(teacher, student, {}, nullptr);
    EXPECT_EQ(axisOf(whole.value(), "blocks.0.attn.scale", 0), (Indices{0, 2}));
    const auto blended =
        planSelection(teacher, student, withElement("uniform:heads=blended"), nullptr);
    EXPECT_EQ(blended.value().find("blocks.0.attn.scale")->origin, Origin::Fresh);
    const auto same =
        planSelection(teacher, teacher, withElement("uniform:heads=blended"), nullptr);
    EXPECT_EQ(same.value().find("blocks.0.attn.scale")->origin, Origin::Inherited);
}

TEST(PlanHeads, RejectsHeadsThatAreWiderInAll) {
    // As wide as the teacher where they are not attended with: only heads × head size tells.
    auto teacher = *model("vit:dim=64,heads=2,depth=1");
    auto student = teacher;
    for (auto& space : student.spaces)
        if (space.kind == SpaceKind::Heads)
            space.size = 3;
    const auto made = planSelection(
        std::make_shared<ModelSpec>(teacher), std::make_shared<ModelSpec>(student), {}, nullptr);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().where, "blocks.0.heads");
    EXPECT_EQ(made.error().text,
              "the student needs 96 but the teacher has 64 (heads × head size: 3 × 32 and 2 × 32)");
}

} // namespace
} // namespace heirloom
