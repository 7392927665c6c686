// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectionPlan.h"

#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kSmall = "vit_small_patch16_224";
constexpr std::string_view kTiny = "vit_tiny_patch16_224";
constexpr std::string_view kConvNeXtF = "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384";

TEST(SelectionPlan, LeavesTheClassifierFreshWhereTheClassesDiffer) {
    const auto made = plan(kSmall, "vit_tiny_patch16_224:num_classes=100");
    EXPECT_EQ(made.freshCount(), 2);
    EXPECT_EQ(made.find("head.weight")->origin, Origin::Fresh);
    EXPECT_EQ(made.find("head.weight")->reason, "100 classes, the teacher has 1000");
    EXPECT_EQ(plan(kSmall, kTiny).freshCount(), 0);
    EXPECT_EQ(axisOf(plan(kSmall, kTiny), "head.weight", 1), axisOf(made, "norm.weight", 0));
}

TEST(SelectionPlan, InheritsHeadNormButNotTheClassifierOfConvNeXt) {
    const auto made =
        plan("convnext_tiny", "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384,num_classes=10");
    EXPECT_EQ(made.find("head.norm.weight")->origin, Origin::Inherited);
    EXPECT_EQ(made.find("head.fc.weight")->origin, Origin::Fresh);
    EXPECT_EQ(made.freshCount(), 2);
}

TEST(SelectionPlan, UsesAnotherStrategyWhereASpaceHasItsOwn) {
    SelectionOptions options;
    options.spaces.emplace_back("blocks.*.mlp", parseElementSelection("consecutive").value());
    options.spaces.emplace_back("blocks.3.*",
                                parseElementSelection("consecutive:position=last").value());
    const auto made = plan(kSmall, kTiny, options);
    EXPECT_EQ(spaceOf(made, "blocks.0.mlp").indices->back(), 767);
    EXPECT_EQ(spaceOf(made, "blocks.3.mlp").indices->front(), 768);
    EXPECT_EQ(*spaceOf(made, "blocks.3.heads").indices, (Indices{3, 4, 5}));
    EXPECT_EQ(spaceOf(made, "residual").indices->at(1), 2);
    EXPECT_EQ(spaceOf(made, "blocks.0.mlp").selection.strategy, "consecutive");
}

TEST(SelectionPlan, RefusesAPatternThatDescribesNoSpace) {
    SelectionOptions options;
    options.spaces.emplace_back("block.*.mlp", ElementSelection{});
    const auto error = planError(kSmall, kTiny, options);
    EXPECT_EQ(error.where, "block.*.mlp");
    EXPECT_EQ(error.advice,
              "There are: residual, blocks.*.heads, blocks.*.qk_dim, blocks.*.v_dim, blocks.*.mlp");
}

TEST(SelectionPlan, NamesPatternsByStackWhateverALibraryCallsTheLayers) {
    SelectionOptions options;
    options.spaces.emplace_back("encoder.layer.*.mlp", ElementSelection{});
    const auto bert =
        planError("bert:dim=24,depth=3,heads=3", "bert:dim=12,depth=2,heads=3", options);
    EXPECT_EQ(bert.advice,
              "There are: residual, layers.*.heads, layers.*.qk_dim, layers.*.v_dim, layers.*.mlp, "
              "pooled");
    options.spaces = {{"layers.*.mlp", parseElementSelection("consecutive").value()}};
    const auto made =
        plan("bert:dim=24,depth=3,heads=3,mlp=96", "bert:dim=12,depth=2,heads=3,mlp=48", options);
    EXPECT_EQ(spaceOf(made, "layers.1.mlp").indices->back(), 47);
}

TEST(SelectionPlan, TakesAnUntiedOutputMatrixFromTheEmbeddingThatTheTeacherTiesItTo) {
    const auto teacher = "llama:dim=24,depth=2,heads=3,kv_heads=3,head_dim=8,mlp=32,vocab=20,";
    const auto student = "llama:dim=12,depth=1,heads=3,kv_heads=3,head_dim=4,mlp=16,vocab=20,";
    const auto made =
        plan(fmt::format("{}tied=true", teacher), fmt::format("{}tied=false", student));
    const auto& head = *made.find("lm_head.weight");
    EXPECT_EQ(head.origin, Origin::Inherited);
    EXPECT_EQ(head.teacher, "model.embed_tokens.weight");
    EXPECT_EQ(made.freshCount(), 0);
    EXPECT_NE(std::ranges::find(made.notes,
                                "lm_head.weight: the teacher's is tied to "
                                "model.embed_tokens.weight, from which this takes its own"),
              made.notes.end());
    const auto weights = initializeStudent(*filledTeacher(*made.teacher), made).value();
    EXPECT_EQ(*weights.find("lm_head.weight"), *weights.find("model.embed_tokens.weight"));
}

TEST(SelectionPlan, DrawsEveryRandomSpaceFromItsOwnSeed) {
    auto options = withElement("random");
    options.seed = 11;
    const auto first = plan(kSmall, kTiny, options);
    const auto again = plan(kSmall, kTiny, options);
    EXPECT_EQ(*spaceOf(first, "blocks.0.mlp").indices, *spaceOf(again, "blocks.0.mlp").indices);
    EXPECT_NE(*spaceOf(first, "blocks.0.mlp").indices, *spaceOf(first, "blocks.1.mlp").indices);
    options.seed = 12;
    EXPECT_NE(*spaceOf(first, "residual").indices,
              *spaceOf(plan(kSmall, kTiny, options), "residual").indices);
    options.element.seed = 11; // a seed of its own counts before the plan's
    EXPECT_EQ(*spaceOf(first, "residual").indices,
              *spaceOf(plan(kSmall, kTiny, options), "residual").indices);
}

TEST(SelectionPlan, FollowsLayersChosenByHand) {
    SelectionOptions options;
    options.layers = parseLayerSelection("blocks=10-fresh-3").value();
    const auto made = plan(kSmall, "vit_tiny_patch16_224:depth=3", options);
    EXPECT_EQ(made.find("blocks.0.mlp.fc1.weight")->teacher, "blocks.10.mlp.fc1.weight");
    EXPECT_EQ(made.find("blocks.2.mlp.fc1.weight")->teacher, "blocks.3.mlp.fc1.weight");
    EXPECT_EQ(made.find("blocks.1.mlp.fc1.weight")->origin, Origin::Fresh);
    EXPECT_EQ(made.find("blocks.1.mlp.fc1.weight")->reason, "no teacher layer feeds blocks.1");
    EXPECT_EQ(made.freshCount(), 12);
    EXPECT_EQ(
        made.teacher->spaces[static_cast<std::size_t>(spaceOf(made, "blocks.0.mlp").teacherSpace)]
            .name,
        "blocks.10.mlp");
}

TEST(SelectionPlan, LeavesFreshWhatReadsAnotherResidualStream) {
    SelectionOptions options;
    options.layers = parseLayerSelection("layer2=1-1").value();
    const auto made = plan("resnet34", "resnet18", options);
    EXPECT_EQ(made.find("layer2.0.conv1.weight")->reason,
              "it lies on layer1.residual, the teacher's on layer2.residual");
    EXPECT_EQ(made.find("layer2.0.downsample.0.weight")->reason,
              "the teacher has no layer2.1.downsample.0.weight");
    EXPECT_EQ(made.find("layer2.0.conv2.weight")->teacher, "layer2.1.conv2.weight");
}

TEST(SelectionPlan, LeavesFreshWhatTheTeacherDoesNotHave) {
    const auto made = plan(kSmall, "vit_tiny_patch16_224:layer_scale=true");
    EXPECT_EQ(made.find("blocks.0.ls1.gamma")->reason, "the teacher has no blocks.0.ls1.gamma");
    EXPECT_EQ(made.freshCount(), 24);
    const auto patches = plan(kSmall, "vit_tiny_patch16_224:patch=32");
    EXPECT_EQ(patches.find("patch_embed.proj.weight")->origin, Origin::Resampled);
    EXPECT_EQ(patches.find("patch_embed.proj.weight")->reason,
              "patches of 32 × 32 pixels, the teacher's are 16 × 16");
    EXPECT_EQ(patches.find("patch_embed.proj.bias")->origin, Origin::Inherited);
    EXPECT_EQ(patches.find("pos_embed")->origin, Origin::Resampled);
    EXPECT_EQ(patches.find("pos_embed")->reason,
              "a grid of 7 × 7 positions, the teacher has 14 × 14");
}

TEST(SelectionPlan, TakesAStemFromTheStageThatItIsPartOfInTheTeacher) {
    const auto made = plan("resnet10:widths=16-32-32-32,stem=16",
                           "resnet10:widths=8-16-16-16,stem=16,num_classes=10");
    EXPECT_EQ(made.find("conv1.weight")->origin, Origin::Inherited);
    const auto& stage = spaceOf(made, "layer1.residual");
    EXPECT_EQ(spaceOf(made, "stem").teacherSpace, stage.teacherSpace);
    const auto& projection = *made.find("layer1.0.downsample.0.weight");
    EXPECT_TRUE(projection.isIdentity);
    EXPECT_NE(projection.reason.find("hands on the same channels"), std::string::npos);
    EXPECT_FALSE(made.find("layer2.0.downsample.0.weight")->isIdentity);
    const auto teacher = filledTeacher(*made.teacher);
    const auto weight =
        toFloats(initializeParameter(*teacher, made, "layer1.0.downsample.0.weight").value());
    for (std::size_t row = 0; row < 8; ++row)
        for (std::size_t column = 0; column < 16; ++column)
            EXPECT_EQ(weight[row * 16 + column],
                      stage.indices->at(row) == static_cast<std::int64_t>(column) ? 1.0F : 0.0F);
    SelectionOptions control;
    control.weights = parseWeightSelection("kaiming").value();
    const auto drawn = plan("resnet10:widths=16-32-32-32,stem=16",
                            "resnet10:widths=8-16-16-16,stem=16,num_classes=10",
                            control);
    EXPECT_FALSE(drawn.find("layer1.0.downsample.0.weight")->isIdentity);
    EXPECT_FALSE(drawn.find("layer1.0.downsample.1.running_var")->constant);
}

TEST(SelectionPlan, ResamplesPositionsAndStillPicksTheirWidth) {
    const auto made = plan("vit_small_patch16_384", kTiny);
    const auto* positions = made.find("pos_embed");
    EXPECT_EQ(positions->origin, Origin::Resampled);
    ASSERT_EQ(positions->axes.size(), 3U);
    EXPECT_EQ(positions->axes[1], nullptr);
    EXPECT_EQ(*positions->axes[2], *spaceOf(made, "residual").indices);
    EXPECT_EQ(made.freshCount(), 0);
}

TEST(SelectionPlan, KeepsTheGridWhereOtherTokensComeBeforeIt) {
    const auto made = plan("deit_small_distilled_patch16_224", kTiny);
    EXPECT_EQ(made.find("pos_embed")->origin, Origin::Resampled);
    EXPECT_EQ(made.find("pos_embed")->reason,
              "the teacher's grid of 14 × 14 positions; 1 of its 2 positions before the grid are "
              "kept");
}

TEST(SelectionPlan, RejectsAStudentWiderThanItsTeacher) {
    const auto error = planError(kTiny, kSmall);
    EXPECT_EQ(error.where, "residual");
    EXPECT_EQ(error.text, "the student needs 384 but the teacher has 192");
    EXPECT_EQ(
        error.advice,
        "Weight selection only shrinks: choose a teacher at least as wide, a narrower student, or "
        "grow it with --growth net2net or --growth stack");
    const auto mlp = planError(kTiny, "vit_tiny_patch16_224:mlp=1024");
    EXPECT_EQ(mlp.where, "blocks.0.mlp");
    EXPECT_EQ(mlp.text, "the student needs 1024 but the teacher has 768");
    const auto stage = planError("convnext_tiny", "convnext_tiny:dims=96-200-384-768");
    EXPECT_EQ(stage.where, "stages.1.residual");
    EXPECT_EQ(stage.text, "the student needs 200 but the teacher has 192");
}

TEST(SelectionPlan, RejectsADeeperStudent) {
    EXPECT_EQ(planError(kSmall, "vit_large_patch16_224:dim=192,heads=3").text,
              "the student has 24 layers but the teacher has 12");
}

TEST(SelectionPlan, RejectsAnotherFamily) {
    const auto error = planError("resnet50", kTiny);
    EXPECT_EQ(error.text, "the student is of family vit, the teacher resnet50 of family resnet");
    EXPECT_FALSE(error.advice.empty());
}

TEST(SelectionPlan, RejectsScoresWithoutWeights) {
    const auto error = planError(kSmall, kTiny, withElement("magnitude"));
    EXPECT_EQ(error.text, "magnitude looks at the teacher's weights, and there are none");
}

TEST(SelectionPlan, NamesTheSpaceOfABadListOfIndices) {
    SelectionOptions options;
    options.spaces.emplace_back("blocks.0.heads",
                                parseElementSelection("explicit:indices=0-2-9").value());
    const auto error = planError(kSmall, kTiny, options);
    EXPECT_EQ(error.where, "blocks.0.heads");
    EXPECT_EQ(error.text, "index 9 is outside the teacher's 0 to 5");
    options.spaces[0].second.indices = {1, 2, 5};
    EXPECT_EQ(*spaceOf(plan(kSmall, kTiny, options), "blocks.0.heads").indices, (Indices{1, 2, 5}));
}

TEST(SelectionPlan, SaysWhenAnIndexComesTwice) {
    const auto made =
        plan("vit:dim=64,heads=1,depth=1,mlp=11008", "vit:dim=64,heads=1,depth=1,mlp=11006");
    EXPECT_TRUE(spaceOf(made, "blocks.0.mlp").repeats);
    ASSERT_EQ(made.notes.size(), 1U);
    EXPECT_NE(made.notes[0].find("blocks.0.mlp"), std::string::npos);
}

TEST(SelectionPlanAsPublished, SkipsNamesWithHeadAndInheritsAResNetsClassifier) {
    SelectionOptions options;
    options.asPublished = true;
    const auto convNeXt = plan("convnext_tiny", kConvNeXtF, options);
    EXPECT_EQ(convNeXt.find("head.norm.weight")->origin, Origin::Fresh);
    EXPECT_NE(convNeXt.find("head.norm.weight")->reason.find("head"), std::string::npos);
    const auto resNet = plan("resnet34", "resnet18:num_classes=100", options);
    EXPECT_EQ(resNet.freshCount(), 0);
    EXPECT_EQ(axisOf(resNet, "fc.weight", 0).at(1), 10);
}

TEST(SelectionPlanAsPublished, RejectsWhatTheAuthorsCodeCannotDo) {
    SelectionOptions options;
    options.asPublished = true;
    EXPECT_EQ(planError(kTiny, "vit_tiny_patch16_224:depth=13", options).where,
              "blocks.12.norm1.weight");
    EXPECT_EQ(planError(kTiny, kSmall, options).where, "cls_token, axis 2");
    EXPECT_EQ(planError(kTiny, kSmall, options).text,
              "the student needs 384 but the teacher has 192");
}

TEST(SelectionPlanAsPublished, SaysWhatIsWrongWithAStudentOfOtherParts) {
    SelectionOptions options;
    options.asPublished = true;
    const auto shortcut = planError(
        "resnet10:widths=16-32-32-32,stem=16", "resnet10:widths=8-16-16-16,stem=16", options);
    EXPECT_EQ(shortcut.where, "layer1.0.downsample.0.weight");
    EXPECT_EQ(shortcut.advice.find("deeper"), std::string::npos) << shortcut.advice;
    EXPECT_NE(shortcut.advice.find("shortcut of the teacher's layer1.0 is the identity"),
              std::string::npos)
        << shortcut.advice;
    const auto part = planError(kTiny, "vit_tiny_patch16_224:qk_norm=true", options);
    EXPECT_NE(part.advice.find("The teacher's blocks.0 has no such part"), std::string::npos)
        << part.advice;
    const auto deeper = planError(kTiny, "vit_tiny_patch16_224:depth=13", options);
    EXPECT_NE(deeper.advice.find("not deeper"), std::string::npos) << deeper.advice;
}

std::shared_ptr<const ModelSpec> unknownModel(std::vector<std::pair<std::string, Shape>> tensors) {
    auto spec = std::make_shared<ModelSpec>();
    spec->family = "unknown";
    for (auto& [name, shape] : tensors) {
        Parameter parameter{.name = name, .shape = shape};
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            parameter.axes.push_back({{AxisSegment{{static_cast<int>(spec->spaces.size())}}}});
            spec->spaces.push_back(
                {fmt::format("{}.{}", name, axis), shape[axis], SpaceKind::Unknown, -1});
        }
        spec->parameters.push_back(std::move(parameter));
    }
    return spec;
}

TEST(SelectionPlanOfUnknownNets, CutsEachAxisOnItsOwnAndSaysSo) {
    const auto teacher = unknownModel({{"a.weight", {10, 6}}, {"a.bias", {10}}, {"c", {4}}});
    const auto student =
        unknownModel({{"a.weight", {5, 4}}, {"a.bias", {5}}, {"b", {3}}, {"c", {2, 2}}});
    const auto made = planSelection(teacher, student, {}, nullptr);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(axisOf(*made, "a.weight", 0), (Indices{0, 2, 4, 6, 8}));
    EXPECT_EQ(axisOf(*made, "a.weight", 1), (Indices{0, 2, 3, 5}));
    EXPECT_EQ(made->find("b")->reason, "the teacher has no b");
    EXPECT_EQ(made->find("c")->reason, "2×2 here, 4 in the teacher");
    EXPECT_EQ(made->notes.size(), 1U);
}

TEST(SelectionPlanOfUnknownNets, RejectsAWiderTensor) {
    const auto made =
        planSelection(unknownModel({{"a", {4}}}), unknownModel({{"a", {5}}}), {}, nullptr);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().where, "a.0");
}

TEST(SelectionPlanOfUnknownNets, MatchesByNameWhereOneSideIsKnown) {
    const auto known = model("vit:dim=64,heads=1,depth=1");
    const auto student = unknownModel({{"norm.weight", {32}}, {"other", {3}}});
    const auto made = planSelection(known, student, {}, nullptr);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(axisOf(*made, "norm.weight", 0).at(1), 2);
    EXPECT_EQ(made->freshCount(), 1);
    EXPECT_FALSE(made->notes.empty());
}

} // namespace
} // namespace heirloom
