// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ConsistencyReport.h"

#include "core/analysis/HeadMatrix.h"
#include "core/base/Random.h"
#include "tests/core/analysis/AnalysisTestSupport.h"
#include "tests/support/TestData.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace heirloom {
namespace {

using test::need;
using test::select;
using test::Selected;
using test::specOf;

ConsistencyReport check(const Selected& selected) {
    return need(checkConsistency(*selected.teacher,
                                 *selected.teacherSpec,
                                 *memoryCheckpoint(selected.student),
                                 *selected.studentSpec));
}

const SpaceReport& space(const ConsistencyReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.spaces, name, &SpaceReport::name);
    if (found == report.spaces.end())
        throw std::runtime_error(fmt::format("no space {}", name));
    return *found;
}

bool isFresh(const ConsistencyReport& report, std::string_view name) {
    return std::ranges::find(report.fresh, name, &FreshReport::parameter) != report.fresh.end();
}

/// Every space that could be traced agrees at every position.
void expectFullAgreement(const ConsistencyReport& report) {
    int traced = 0;
    for (const SpaceReport& one : report.spaces) {
        if (one.axes == 0)
            continue;
        ++traced;
        EXPECT_EQ(one.agree, one.size) << one.name << ", " << one.axes << " axes";
    }
    EXPECT_GT(traced, 0);
}

/// Fresh parameters of the plan, and no others, are found to be fresh; resampled ones have no
/// teacher slice either.
void expectFreshAsPlanned(const ConsistencyReport& report, const SelectionPlan& plan) {
    for (const ParameterPlan& parameter : plan.parameters) {
        if (parameter.origin == Origin::Inherited) {
            EXPECT_FALSE(isFresh(report, parameter.student)) << parameter.student;
        } else if (parameter.student.ends_with("head.weight")) {
            EXPECT_TRUE(isFresh(report, parameter.student)) << parameter.student;
        }
    }
}

ElementSelection element(std::string_view text) { return need(parseElementSelection(text)); }

nlohmann::json couplingTable() {
    std::ifstream file(test::dataFolder() / "golden" / "selection" / "coupling.json");
    return nlohmann::json::parse(file)["table"];
}

std::string vit(std::int64_t dim, std::int64_t headDim) {
    return fmt::format(
        "vit:dim={},depth=1,heads={},mlp={},image=32,num_classes=10", dim, dim / headDim, 4 * dim);
}

TEST(ConsistencyReport, FindsThePublishedRulesCouplingInTheWeightsAlone) {
    const nlohmann::json table = couplingTable();
    ASSERT_EQ(table.size(), 8U);
    for (const auto& row : table) {
        const std::int64_t teacherDim = row["teacher_dim"];
        const std::int64_t studentDim = row["student_dim"];
        const std::int64_t headDim = row["head_dim"];
        SCOPED_TRACE(fmt::format("{} -> {}", teacherDim, studentDim));
        SelectionOptions options;
        options.asPublished = true;
        const Selected selected =
            select(vit(teacherDim, headDim), vit(studentDim, headDim), options);
        const ConsistencyReport report = check(selected);
        EXPECT_EQ(space(report, "blocks.0.q=k").agree,
                  row["q_row_equals_k_row"].get<std::int64_t>());
        EXPECT_EQ(space(report, "blocks.0.v=proj").agree,
                  row["v_row_equals_proj_column"].get<std::int64_t>());
        EXPECT_EQ(space(report, "blocks.0.q=k").size, studentDim);
        EXPECT_EQ(space(report, "blocks.0.q=k").axes, 2);
        EXPECT_EQ(space(report, "residual").agree, studentDim);
        ASSERT_EQ(report.heads.size(), 1U);
        const auto feeding = row["teacher_heads_feeding_each_student_q_head"]
                                 .get<std::vector<std::vector<std::size_t>>>();
        ASSERT_EQ(report.heads[0].rows.size(), feeding.size());
        for (std::size_t head = 0; head < feeding.size(); ++head) {
            std::vector<std::size_t> sources;
            for (std::size_t teacher = 0; teacher < report.heads[0].rows[head].size(); ++teacher)
                if (report.heads[0].rows[head][teacher] > 0)
                    sources.push_back(teacher);
            EXPECT_EQ(sources, feeding[head]);
        }
        EXPECT_FALSE(report.heads[0].whole);

        // The same from the plan, without a weight.
        const CouplingSummary coupling = couplingOf(selected.plan, 0);
        EXPECT_EQ(coupling.size, studentDim);
        EXPECT_EQ(coupling.qEqualsK, row["q_row_equals_k_row"].get<std::int64_t>());
        EXPECT_EQ(coupling.vEqualsProj, row["v_row_equals_proj_column"].get<std::int64_t>());
        EXPECT_TRUE(coupling.blended);
        EXPECT_EQ(headMatrix(selected.plan, "blocks.0.attn.qkv.weight"), report.heads[0].rows);
    }
}

TEST(ConsistencyReport, FindsWholeCoupledHeadsInTheDefaultSelection) {
    for (const auto& row : couplingTable()) {
        const std::int64_t studentDim = row["student_dim"];
        SCOPED_TRACE(fmt::format("{} -> {}", row["teacher_dim"].get<std::int64_t>(), studentDim));
        const Selected selected =
            select(vit(row["teacher_dim"], row["head_dim"]), vit(studentDim, row["head_dim"]), {});
        const ConsistencyReport report = check(selected);
        expectFullAgreement(report);
        expectFreshAsPlanned(report, selected.plan);
        EXPECT_EQ(space(report, "blocks.0.q=k").agree, studentDim);
        EXPECT_EQ(space(report, "blocks.0.v=proj").agree, studentDim);
        ASSERT_EQ(report.heads.size(), 1U);
        EXPECT_TRUE(report.heads[0].whole);
        const CouplingSummary coupling = couplingOf(selected.plan, 0);
        EXPECT_EQ(coupling.qEqualsK, studentDim);
        EXPECT_EQ(coupling.vEqualsProj, studentDim);
        EXPECT_FALSE(coupling.blended);
        EXPECT_EQ(headMatrix(selected.plan, "blocks.0.attn.qkv.weight"), report.heads[0].rows);
    }
}

TEST(ConsistencyReport, FindsTheIndicesThatThePlanTook) {
    SelectionOptions options;
    options.element = element("random:seed=5");
    const Selected selected = select("vit:dim=96,depth=2,heads=6,mlp=384,image=32,num_classes=10",
                                     "vit:dim=48,depth=2,heads=3,mlp=192,image=32,num_classes=10",
                                     options);
    const ConsistencyReport report = check(selected);
    expectFullAgreement(report);
    int compared = 0;
    for (const SpacePlan& plan : selected.plan.spaces)
        if (plan.indices && !plan.blended && space(report, plan.student).axes > 0) {
            EXPECT_EQ(space(report, plan.student).indices, *plan.indices) << plan.student;
            ++compared;
        }
    EXPECT_GE(compared, 5);
}

TEST(ConsistencyReport, FindsLayersWhereverTheyWereTakenFrom) {
    SelectionOptions options;
    options.layers.byHand["blocks"] = {4, 1, 1, -1};
    const Selected selected = select("vit:dim=48,depth=6,heads=3,mlp=192,image=32,num_classes=10",
                                     "vit:dim=32,depth=4,heads=2,mlp=64,image=32,num_classes=10",
                                     options);
    const ConsistencyReport report = check(selected);
    EXPECT_EQ(report.layers,
              (std::vector<std::string>{"blocks.0 <- blocks.4",
                                        "blocks.1 <- blocks.1",
                                        "blocks.2 <- blocks.1",
                                        "blocks.3 <- none"}));
    EXPECT_EQ(report.heads[0].teacherLayer, "blocks.4");
    EXPECT_TRUE(isFresh(report, "blocks.3.attn.qkv.weight"));
    EXPECT_FALSE(isFresh(report, "blocks.2.attn.qkv.weight"));
    EXPECT_EQ(space(report, "blocks.1.mlp").agree, 64);
    EXPECT_EQ(space(report, "residual").agree, 32);
}

TEST(ConsistencyReport, CallsARandomTwinFreshThroughout) {
    const auto teacherSpec = specOf("vit:dim=48,depth=3,heads=3,mlp=192,image=32,num_classes=10");
    const auto studentSpec = specOf("vit:dim=32,depth=3,heads=2,mlp=64,image=32,num_classes=10");
    const auto teacher = test::fillCheckpoint(test::infosOf(*teacherSpec));
    const ConsistencyReport report = need(checkConsistency(
        *teacher, *teacherSpec, *memoryCheckpoint(randomStudent(*studentSpec, 3)), *studentSpec));
    for (const Parameter& parameter : studentSpec->parameters)
        EXPECT_TRUE(isFresh(report, parameter.name)) << parameter.name;
    for (const SpaceReport& one : report.spaces)
        EXPECT_EQ(one.axes, 0) << one.name;
    EXPECT_TRUE(report.heads.empty());
    EXPECT_EQ(report.layers[2], "blocks.2 <- none");
}

TEST(ConsistencyReport, CountsNoOriginWhereAllValuesAreEqual) {
    // A net before training: gains 1, biases 0. They fit everywhere and must neither agree nor
    // disagree with anything.
    const auto teacherSpec = specOf("vit:dim=48,depth=2,heads=3,mlp=192,image=32,num_classes=10");
    const auto studentSpec = specOf("vit:dim=32,depth=2,heads=2,mlp=64,image=32,num_classes=10");
    const auto teacher = memoryCheckpoint(randomStudent(*teacherSpec, 1));
    const SelectionPlan plan = need(planSelection(teacherSpec, studentSpec, {}, teacher.get()));
    const ConsistencyReport report =
        need(checkConsistency(*teacher,
                              *teacherSpec,
                              *memoryCheckpoint(need(initializeStudent(*teacher, plan))),
                              *studentSpec));
    expectFullAgreement(report);
    for (const AxisOrigin& axis : report.axes) {
        EXPECT_EQ(axis.parameter.find("norm"), std::string::npos) << axis.parameter;
        EXPECT_FALSE(axis.parameter.starts_with("blocks") && axis.parameter.ends_with("bias"))
            << axis.parameter;
    }
    EXPECT_FALSE(isFresh(report, "blocks.0.norm1.weight"));
    EXPECT_EQ(space(report, "blocks.1.q=k").agree, 32);
}

TEST(ConsistencyReport, ShowsAPartThatWasShuffled) {
    Selected selected = select("vit:dim=48,depth=1,heads=3,mlp=192,image=32,num_classes=10",
                               "vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                               {});
    // k rows 0 and 1 change places, in the weight and in the bias; proj column 5 gets column 6's
    // values.
    const std::span<float> weight = selected.student.find("blocks.0.attn.qkv.weight")->floats();
    std::swap_ranges(weight.begin() + 32 * 32, weight.begin() + 33 * 32, weight.begin() + 33 * 32);
    const std::span<float> projection =
        selected.student.find("blocks.0.attn.proj.weight")->floats();
    for (std::size_t row = 0; row < 32; ++row)
        projection[row * 32 + 5] = projection[row * 32 + 6];
    const ConsistencyReport report = check(selected);
    EXPECT_EQ(space(report, "blocks.0.q=k").agree, 30);
    EXPECT_EQ(space(report, "blocks.0.q=k").indices[0], -1);
    EXPECT_EQ(space(report, "blocks.0.v=proj").agree, 31);
    EXPECT_EQ(space(report, "residual").agree, 32);
}

TEST(ConsistencyReport, LeavesARowThatFitsNowhereWithoutOrigin) {
    Selected selected = select("vit:dim=48,depth=1,heads=3,mlp=192,image=32,num_classes=10",
                               "vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                               {});
    selected.student.find("blocks.0.mlp.fc1.weight")->floats()[7 * 32 + 3] += 0.5F;
    const ConsistencyReport report = check(selected);
    EXPECT_EQ(space(report, "blocks.0.mlp").agree, 63);
    EXPECT_EQ(space(report, "blocks.0.mlp").indices[7], -1);
    EXPECT_FALSE(isFresh(report, "blocks.0.mlp.fc1.weight"));
}

TEST(ConsistencyReport, TracesConvolutionsOfEachFamily) {
    const std::pair<std::string, std::string> pairs[] = {
        {"convnext_tiny:depths=2-2-2-2,dims=16-32-48-64,num_classes=10",
         "convnext_tiny:depths=1-2-1-1,dims=8-16-32-48,num_classes=10"},
        {"resnet56", "resnet20:widths=8-16-32"},
        {"resnet50:widths=16-32-48-64,num_classes=10", "resnet50:widths=8-16-32-48,num_classes=10"},
        {"resnet34:widths=16-32-48-64,num_classes=10",
         "resnet18:widths=12-16-32-48,num_classes=10"},
        {"mixer_b16_224:dim=48,depth=2,num_classes=10",
         "mixer_b16_224:dim=32,depth=2,num_classes=10"},
    };
    for (const auto& [teacher, student] : pairs) {
        SCOPED_TRACE(student);
        if (!modelFromName(teacher) || !modelFromName(student)) {
            ADD_FAILURE() << (modelFromName(teacher) ? modelFromName(student)
                                                     : modelFromName(teacher))
                                 .error()
                                 .message();
            continue;
        }
        for (const std::string_view rule : {"uniform", "random:seed=9", "magnitude"}) {
            SelectionOptions options;
            options.element = element(rule);
            const Selected selected = select(teacher, student, options);
            const ConsistencyReport report = check(selected);
            expectFullAgreement(report);
            expectFreshAsPlanned(report, selected.plan);
        }
    }
}

TEST(ConsistencyReport, AgreesWithAnySelectionThatKeepsSpacesTogether) {
    Random random(17);
    const char* rules[] = {"uniform",
                           "consecutive:position=centre",
                           "consecutive:position=last",
                           "random:seed=1",
                           "magnitude:norm=1"};
    for (int round = 0; round < 12; ++round) {
        const auto heads = static_cast<std::int64_t>(1 + random.below(3));
        const auto teacherHeads = heads + static_cast<std::int64_t>(random.below(3));
        const std::int64_t headDim = 8;
        const std::string teacher =
            fmt::format("vit:dim={},depth=2,heads={},mlp={},image=32,num_classes=10",
                        teacherHeads * headDim,
                        teacherHeads,
                        20 + random.below(60));
        const std::string student =
            fmt::format("vit:dim={},depth=2,heads={},mlp={},image=32,num_classes=10",
                        heads * headDim,
                        heads,
                        4 + random.below(16));
        SelectionOptions options;
        options.element = element(rules[random.below(5)]);
        options.spaces = {{"blocks.1.*", element(rules[random.below(5)])}};
        SCOPED_TRACE(teacher + " -> " + student);
        const Selected selected = select(teacher, student, options);
        expectFullAgreement(check(selected));
    }
}

TEST(ConsistencyReport, FollowsBrainFloatsWithTheirManyEqualValues) {
    const auto teacherSpec = specOf("vit:dim=128,depth=1,heads=4,mlp=256,image=32,num_classes=10");
    const auto studentSpec = specOf("vit:dim=64,depth=1,heads=2,mlp=128,image=32,num_classes=10");
    StateDict rounded;
    const StateDict drawn = randomStudent(*teacherSpec, 4);
    for (const auto& [name, tensor] : drawn.entries()) {
        HostTensor half = HostTensor::zeros(DType::BF16, tensor.shape);
        for (std::int64_t i = 0; i < tensor.elements(); ++i)
            std::memcpy(half.bytes.data() + 2 * i,
                        tensor.bytes.data() + 4 * i + 2,
                        2); // the upper half of a float32
        rounded.set(name, std::move(half));
    }
    const auto teacher = memoryCheckpoint(std::move(rounded));
    const SelectionPlan plan = need(planSelection(teacherSpec, studentSpec, {}, teacher.get()));
    const ConsistencyReport report =
        need(checkConsistency(*teacher,
                              *teacherSpec,
                              *memoryCheckpoint(need(initializeStudent(*teacher, plan))),
                              *studentSpec));
    expectFullAgreement(report);
    EXPECT_EQ(space(report, "blocks.0.q=k").agree, 64);
    EXPECT_EQ(space(report, "blocks.0.mlp").axes, 2);
}

TEST(ConsistencyReport, TracesTheResidualStreamOfAResampledPositionEmbeddingByItsPrefix) {
    const Selected selected = select("vit:dim=48,depth=1,heads=3,mlp=192,image=64,num_classes=10",
                                     "vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                                     {});
    ASSERT_EQ(selected.plan.find("pos_embed")->origin, Origin::Resampled);
    const ConsistencyReport report = check(selected);
    EXPECT_EQ(space(report, "residual").agree, 32);
}

TEST(ConsistencyReport, FindsNothingOfAnotherFamilysNetAndSaysHowItLooked) {
    const auto vitSpec = specOf("vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10");
    const auto resnetSpec = specOf("resnet20");
    const ConsistencyReport report =
        need(checkConsistency(*test::fillCheckpoint(test::infosOf(*vitSpec)),
                              *vitSpec,
                              *test::fillCheckpoint(test::infosOf(*resnetSpec)),
                              *resnetSpec));
    EXPECT_EQ(report.matchedBy, MatchedBy::Content);
    EXPECT_EQ(report.inherited, 0);
    EXPECT_EQ(std::ssize(report.fresh), report.compared);
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_NE(report.notes[0].find("cifar_resnet"), std::string::npos);
}

TEST(ConsistencyReport, StopsWhenAsked) {
    const Selected selected = select("vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                                     "vit:dim=16,depth=1,heads=1,mlp=32,image=32,num_classes=10",
                                     {});
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(checkConsistency(*selected.teacher,
                                  *selected.teacherSpec,
                                  *memoryCheckpoint(selected.student),
                                  *selected.studentSpec,
                                  stop.get_token()));
}

TEST(HeadMatrix, IsEmptyForWhatIsNoAttention) {
    const Selected selected = select("vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                                     "vit:dim=16,depth=1,heads=1,mlp=32,image=32,num_classes=10",
                                     {});
    EXPECT_TRUE(headMatrix(selected.plan, "blocks.0.mlp.fc1.weight").empty());
    EXPECT_TRUE(headMatrix(selected.plan, "no such parameter").empty());
    EXPECT_EQ(couplingOf(selected.plan, -1).size, 0);
    EXPECT_EQ(couplingOf(selected.plan, 7).size, 0);
}

} // namespace
} // namespace heirloom
