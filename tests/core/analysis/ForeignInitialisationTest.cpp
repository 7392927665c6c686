// SPDX-License-Identifier: GPL-3.0-or-later
// Students that other programs made: scaled, widened, rounded, spelt in another way, cut by hand.
#include "core/analysis/ConsistencyReport.h"
#include "core/base/Random.h"
#include "core/selection/FromFloats.h"
#include "tests/core/analysis/AnalysisTestSupport.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace heirloom {
namespace {

using test::need;
using test::select;
using test::Selected;
using test::specOf;

constexpr std::string_view teacherVit =
    "vit:dim=48,depth=2,heads=3,mlp=192,image=32,num_classes=10";
constexpr std::string_view studentVit = "vit:dim=32,depth=2,heads=2,mlp=64,image=32,num_classes=10";

ConsistencyReport check(const Checkpoint& teacher,
                        const ModelSpec& teacherSpec,
                        const StateDict& student,
                        const ModelSpec& studentSpec) {
    return need(checkConsistency(teacher, teacherSpec, *memoryCheckpoint(student), studentSpec));
}

ConsistencyReport check(const Selected& selected) {
    return check(*selected.teacher, *selected.teacherSpec, selected.student, *selected.studentSpec);
}

const SpaceReport& space(const ConsistencyReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.spaces, name, &SpaceReport::name);
    if (found == report.spaces.end())
        throw std::runtime_error(fmt::format("no space {}", name));
    return *found;
}

const SliceScale* scaleOf(const ConsistencyReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.scaled, name, &ScaleReport::parameter);
    return found == report.scaled.end() ? nullptr : &found->scale;
}

const FreshReport* freshOf(const ConsistencyReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.fresh, name, &FreshReport::parameter);
    return found == report.fresh.end() ? nullptr : &*found;
}

void expectFullAgreement(const ConsistencyReport& report) {
    int traced = 0;
    for (const SpaceReport& one : report.spaces)
        if (one.axes > 0) {
            ++traced;
            EXPECT_EQ(one.agree, one.size) << one.name << ", " << one.axes << " axes";
        }
    EXPECT_GT(traced, 0);
}

void change(StateDict& tensors, std::string_view name, const std::function<float(float)>& rule) {
    for (float& value : tensors.find(name)->floats())
        value = rule(value);
}

/// A state dict under the stock names, put into another spelling of the same net.
StateDict respelt(const StateDict& stock, const ModelSpec& spec) {
    StateDict result;
    for (const Parameter& parameter : spec.parameters) {
        const HostTensor* tensor =
            stock.find(parameter.role.empty() ? parameter.name : parameter.role);
        if (!tensor)
            throw std::runtime_error("no role " + parameter.role);
        HostTensor part = HostTensor::zeros(tensor->dtype, parameter.shape);
        const std::size_t bytes = part.bytes.size();
        std::copy_n(
            tensor->bytes.begin() +
                static_cast<std::ptrdiff_t>(bytes * static_cast<std::size_t>(parameter.rolePart)),
            bytes,
            part.bytes.begin());
        result.set(parameter.name, std::move(part));
    }
    return result;
}

StateDict roundedTo(const StateDict& tensors, DType dtype) {
    StateDict result;
    for (const auto& [name, tensor] : tensors.entries())
        result.set(name, castFloats(tensor, dtype));
    return result;
}

TEST(ForeignInitialisation, NamesTheFactorOfScaledMatrices) {
    Selected selected = select(teacherVit, studentVit, {});
    const float factor = std::sqrt(48.0F / 32.0F);
    for (const char* name : {"blocks.0.attn.qkv.weight",
                             "blocks.0.attn.proj.weight",
                             "blocks.0.mlp.fc1.weight",
                             "blocks.1.mlp.fc2.bias",
                             "patch_embed.proj.weight"})
        change(selected.student, name, [factor](float value) { return value * factor; });
    const ConsistencyReport report = check(selected);
    expectFullAgreement(report);
    EXPECT_EQ(space(report, "blocks.0.q=k").agree, 32);
    EXPECT_EQ(space(report, "blocks.0.q=k").axes, 2);
    for (const char* name : {"blocks.0.attn.qkv.weight",
                             "blocks.0.attn.proj.weight",
                             "blocks.0.mlp.fc1.weight",
                             "blocks.1.mlp.fc2.bias",
                             "patch_embed.proj.weight"}) {
        const SliceScale* scale = scaleOf(report, name);
        ASSERT_NE(scale, nullptr) << name;
        EXPECT_EQ(scale->kind, SliceScale::Kind::Tensor) << name;
        EXPECT_NEAR(scale->lowest, factor, 1e-4) << name;
    }
    EXPECT_EQ(report.scaled.size(), 5U);
    EXPECT_EQ(report.layers[1], "blocks.1 <- blocks.1");
}

TEST(ForeignInitialisation, FindsLayersOfWhichEveryMatrixIsScaled) {
    SelectionOptions options;
    options.layers.byHand["blocks"] = {1, 0};
    Selected selected = select(teacherVit, studentVit, options);
    for (const Parameter& parameter : selected.studentSpec->parameters)
        change(selected.student, parameter.name, [](float value) { return 0.37F * value; });
    const ConsistencyReport report = check(selected);
    EXPECT_EQ(report.layers,
              (std::vector<std::string>{"blocks.0 <- blocks.1", "blocks.1 <- blocks.0"}));
    expectFullAgreement(report);
    EXPECT_NEAR(scaleOf(report, "blocks.0.attn.qkv.weight")->lowest, 0.37, 1e-4);
}

TEST(ForeignInitialisation, FollowsCopiesThatDifferInTheLastPlaces) {
    Selected selected = select(teacherVit, studentVit, {});
    Random random(5);
    for (const Parameter& parameter : selected.studentSpec->parameters)
        change(selected.student, parameter.name, [&](float value) {
            return value * (1.0F + 1e-6F * (static_cast<float>(random.below(3)) - 1.0F));
        });
    const ConsistencyReport report = check(selected);
    expectFullAgreement(report);
    const SliceScale* scale = scaleOf(report, "blocks.0.mlp.fc1.weight");
    ASSERT_NE(scale, nullptr);
    EXPECT_EQ(scale->kind, SliceScale::Kind::None);
    EXPECT_FALSE(scale->isExact);
}

TEST(ForeignInitialisation, FollowsAStudentRoundedToHalfPrecision) {
    const Selected selected = select(teacherVit, studentVit, {});
    for (const DType dtype : {DType::BF16, DType::F16}) {
        SCOPED_TRACE(std::string(dtypeName(dtype)));
        const StateDict halves = roundedTo(selected.student, dtype);
        StateDict back; // rounded, and stored as float32 again
        for (const auto& [name, tensor] : halves.entries())
            back.set(name, HostTensor::fromFloats(tensor.shape, toFloats(tensor)));
        for (const StateDict& student : {halves, back}) {
            const ConsistencyReport report =
                check(*selected.teacher, *selected.teacherSpec, student, *selected.studentSpec);
            expectFullAgreement(report);
            const SliceScale* scale = scaleOf(report, "blocks.1.attn.qkv.weight");
            ASSERT_NE(scale, nullptr);
            EXPECT_EQ(scale->rounding, dtype);
            EXPECT_EQ(scale->kind, SliceScale::Kind::None);
            EXPECT_EQ(freshOf(report, "blocks.1.attn.qkv.weight"), nullptr);
        }
    }
}

TEST(ForeignInitialisation, FindsThePublishedFactorInBrainFloats) {
    Selected selected = select(teacherVit, studentVit, {});
    const auto factor = static_cast<float>(std::sqrt(48.0 / 32.0));
    change(
        selected.student, "blocks.0.mlp.fc1.weight", [&](float value) { return value * factor; });
    const ConsistencyReport report = check(*selected.teacher,
                                           *selected.teacherSpec,
                                           roundedTo(selected.student, DType::BF16),
                                           *selected.studentSpec);
    expectFullAgreement(report);
    const SliceScale* scale = scaleOf(report, "blocks.0.mlp.fc1.weight");
    ASSERT_NE(scale, nullptr);
    EXPECT_EQ(scale->kind, SliceScale::Kind::Tensor);
    EXPECT_NEAR(scale->lowest, factor, 1e-6);
}

TEST(ForeignInitialisation, NamesTheFactorsOfAWidenedLayer) {
    // Net2Net: hidden units are copied, and what reads them is divided by the number of copies.
    const auto teacherSpec = specOf(teacherVit);
    const auto studentSpec = specOf("vit:dim=48,depth=2,heads=3,mlp=288,image=32,num_classes=10");
    const auto teacher = test::fillCheckpoint(test::infosOf(*teacherSpec));
    std::vector<std::int64_t> units(288);
    std::iota(units.begin(), units.end(), 0);
    Random random(11);
    for (std::size_t i = 192; i < units.size(); ++i)
        units[i] = static_cast<std::int64_t>(random.below(192));
    StateDict student = need(teacher->readAll());
    for (const char* block : {"blocks.0.", "blocks.1."}) {
        const std::vector<float> weight =
            toFloats(*student.find(fmt::format("{}mlp.fc1.weight", block)));
        const std::vector<float> bias =
            toFloats(*student.find(fmt::format("{}mlp.fc1.bias", block)));
        const std::vector<float> out =
            toFloats(*student.find(fmt::format("{}mlp.fc2.weight", block)));
        HostTensor wider = HostTensor::zeros(DType::F32, {288, 48});
        HostTensor widerBias = HostTensor::zeros(DType::F32, {288});
        HostTensor widerOut = HostTensor::zeros(DType::F32, {48, 288});
        for (std::size_t unit = 0; unit < units.size(); ++unit) {
            const auto from = static_cast<std::size_t>(units[unit]);
            const auto copies = static_cast<float>(std::ranges::count(units, units[unit]));
            std::copy_n(weight.begin() + static_cast<std::ptrdiff_t>(from * 48),
                        48,
                        wider.floats().begin() + static_cast<std::ptrdiff_t>(unit * 48));
            widerBias.floats()[unit] = bias[from];
            for (std::size_t row = 0; row < 48; ++row)
                widerOut.floats()[row * 288 + unit] = out[row * 192 + from] / copies;
        }
        student.set(fmt::format("{}mlp.fc1.weight", block), std::move(wider));
        student.set(fmt::format("{}mlp.fc1.bias", block), std::move(widerBias));
        student.set(fmt::format("{}mlp.fc2.weight", block), std::move(widerOut));
    }
    const ConsistencyReport report = check(*teacher, *teacherSpec, student, *studentSpec);
    expectFullAgreement(report);
    EXPECT_EQ(space(report, "blocks.1.mlp").indices, units);
    EXPECT_EQ(space(report, "blocks.1.mlp").axes, 3);
    const SliceScale* scale = scaleOf(report, "blocks.0.mlp.fc2.weight");
    ASSERT_NE(scale, nullptr);
    EXPECT_EQ(scale->kind, SliceScale::Kind::Columns);
    EXPECT_NEAR(scale->highest, 1.0, 1e-4);
    EXPECT_LT(scale->lowest, 0.51);
    EXPECT_EQ(report.scaled.size(), 2U);
    EXPECT_NEAR(report.energy.share(), 1.0, 1e-9);
}

TEST(ForeignInitialisation, NamesTheFactorsOfFoldedNormalisation) {
    // BatchNorm folded into a convolution: each output channel has a factor of its own.
    Selected selected = select("resnet56", "resnet20:widths=8-16-32", {});
    const std::span<float> weight = selected.student.find("layer2.1.conv1.weight")->floats();
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight[i] *= 0.5F + 0.1F * static_cast<float>(i / (weight.size() / 16));
    const ConsistencyReport report = check(selected);
    expectFullAgreement(report);
    const SliceScale* scale = scaleOf(report, "layer2.1.conv1.weight");
    ASSERT_NE(scale, nullptr);
    EXPECT_EQ(scale->kind, SliceScale::Kind::Rows);
    EXPECT_NEAR(scale->lowest, 0.5, 1e-3);
    EXPECT_NEAR(scale->highest, 2.0, 1e-3);
}

TEST(ForeignInitialisation, FindsLayersOfBrainFloatsScaledByThePublishedFactor) {
    Selected selected = select(teacherVit, studentVit, {});
    const auto factor = static_cast<float>(std::sqrt(48.0 / 32.0));
    for (const Parameter& parameter : selected.studentSpec->parameters)
        if (parameter.shape.size() == 2)
            change(selected.student, parameter.name, [&](float value) { return value * factor; });
    const ConsistencyReport report = check(*selected.teacher,
                                           *selected.teacherSpec,
                                           roundedTo(selected.student, DType::BF16),
                                           *selected.studentSpec);
    EXPECT_EQ(report.layers[1], "blocks.1 <- blocks.1");
    expectFullAgreement(report);
    EXPECT_NEAR(scaleOf(report, "blocks.1.attn.proj.weight")->lowest, factor, 1e-6);
}

TEST(ForeignInitialisation, SaysWhenAPartOfAFusedTensorIsAnotherPartOfTheTeachers) {
    // The first 96 of 144 rows, cut without a thought of q, k and v: all of q, and two thirds of k.
    Selected selected = select(teacherVit, studentVit, {});
    const HostTensor whole = need(selected.teacher->read("blocks.0.attn.qkv.weight"));
    const std::span<float> weight = selected.student.find("blocks.0.attn.qkv.weight")->floats();
    for (std::size_t row = 0; row < 96; ++row)
        std::copy_n(whole.floats().begin() + static_cast<std::ptrdiff_t>(row * 48),
                    32,
                    weight.begin() + static_cast<std::ptrdiff_t>(row * 32));
    const ConsistencyReport report = check(selected);
    ASSERT_EQ(report.misplaced.size(), 1U);
    EXPECT_EQ(report.misplaced[0].first, "blocks.0.attn.qkv.weight");
    EXPECT_EQ(report.misplaced[0].second, "its v rows are the teacher's k rows");
}

TEST(ForeignInitialisation, CallsAShuffledTeachersStudentFresh) {
    // All elements of each tensor change places: the same values, and nothing inherited.
    Selected selected = select(teacherVit, studentVit, {});
    StateDict shuffled;
    Random random(3);
    for (const TensorInfo& tensor : selected.teacher->tensors()) {
        HostTensor values = need(selected.teacher->read(tensor));
        const std::span<float> floats = values.floats();
        for (std::size_t i = floats.size(); i > 1; --i)
            std::swap(floats[i - 1], floats[random.below(i)]);
        shuffled.set(tensor.name, std::move(values));
    }
    const StateDict student =
        need(initializeStudent(*memoryCheckpoint(std::move(shuffled)), selected.plan));
    const ConsistencyReport report =
        check(*selected.teacher, *selected.teacherSpec, student, *selected.studentSpec);
    for (const char* name : {"blocks.0.attn.qkv.weight", "blocks.1.mlp.fc2.weight"})
        EXPECT_NE(freshOf(report, name), nullptr) << name;
    EXPECT_EQ(report.layers[0], "blocks.0 <- none");
    EXPECT_EQ(report.inherited + std::ssize(report.fresh), report.compared);
    EXPECT_TRUE(report.heads.empty());
}

TEST(ForeignInitialisation, TellsWholeBlendedAndShatteredHeads) {
    const auto patternOf = [](std::string_view teacher, bool asPublished) {
        SelectionOptions options;
        options.asPublished = asPublished;
        const ConsistencyReport report = check(
            select(teacher, "vit:dim=48,depth=1,heads=3,mlp=192,image=32,num_classes=10", options));
        return report.heads.at(0).pattern;
    };
    constexpr std::string_view twice = "vit:dim=96,depth=1,heads=6,mlp=384,image=32,num_classes=10";
    constexpr std::string_view sixTimes =
        "vit:dim=288,depth=1,heads=18,mlp=384,image=32,num_classes=10";
    EXPECT_EQ(patternOf(twice, false), HeadPattern::Whole);
    EXPECT_EQ(patternOf(twice, true), HeadPattern::Blended);
    EXPECT_EQ(patternOf(sixTimes, true), HeadPattern::Shattered);
    EXPECT_EQ(headPatternText(HeadPattern::Shattered), "shattered");
}

TEST(ForeignInitialisation, KnowsResampledPositionsFromFreshOnes) {
    Selected selected = select("vit:dim=48,depth=1,heads=3,mlp=192,image=64,num_classes=10",
                               "vit:dim=32,depth=1,heads=2,mlp=64,image=32,num_classes=10",
                               {});
    ConsistencyReport report = check(selected);
    ASSERT_EQ(report.resampled.size(), 1U);
    EXPECT_EQ(report.resampled[0].parameter, "pos_embed");
    EXPECT_EQ(report.resampled[0].how, "bicubic, 4×4 to 2×2");
    EXPECT_EQ(freshOf(report, "pos_embed"), nullptr);

    Random random(1);
    change(selected.student, "pos_embed", [&](float) {
        return static_cast<float>(random.below(2000)) * 1e-3F - 1.0F;
    });
    report = check(selected);
    EXPECT_TRUE(report.resampled.empty());
    ASSERT_NE(freshOf(report, "pos_embed"), nullptr);
    EXPECT_NE(freshOf(report, "pos_embed")->reason.find("resampled by a rule"), std::string::npos);
}

TEST(ForeignInitialisation, SumsTheEnergyOfTheSlicesThatWereKept) {
    const Selected selected = select(teacherVit, studentVit, {});
    const ConsistencyReport report = check(selected);
    const auto squares = [](const HostTensor& tensor) {
        double sum = 0;
        for (const float value : toFloats(tensor))
            sum += static_cast<double>(value) * value;
        return sum;
    };
    double kept = 0;
    double teacher = 0;
    for (const EnergyReport& one : report.tensorEnergy) {
        const double ours = squares(*selected.student.find(one.name));
        const double theirs = squares(need(selected.teacher->read(one.name)));
        EXPECT_NEAR(one.kept, ours, 1e-6 * ours) << one.name;
        EXPECT_NEAR(one.teacher, theirs, 1e-6 * theirs) << one.name;
        kept += ours;
        teacher += theirs;
    }
    EXPECT_GT(report.tensorEnergy.size(), 20U);
    EXPECT_NEAR(report.energy.share(), kept / teacher, 1e-9);
    const auto mlp = std::ranges::find(report.spaceEnergy, "blocks.0.mlp", &EnergyReport::name);
    ASSERT_NE(mlp, report.spaceEnergy.end());
    EXPECT_GT(mlp->share(), 0.1);
    EXPECT_LT(mlp->share(), 0.5);
}

TEST(ForeignInitialisation, LaysSeparateQueriesBesideAFusedTensor) {
    const std::string spelling = ",names=transformers,wrapper=true";
    const auto splitStudent = specOf(std::string(studentVit) + spelling);
    const auto splitTeacher = specOf(std::string(teacherVit) + spelling);
    const Selected selected = select(teacherVit, studentVit, {});
    const StateDict student = respelt(selected.student, *splitStudent);
    const auto teacher =
        memoryCheckpoint(respelt(need(selected.teacher->readAll()), *splitTeacher));

    const ConsistencyReport toSplit =
        check(*selected.teacher, *selected.teacherSpec, student, *splitStudent);
    const ConsistencyReport toFused =
        check(*teacher, *splitTeacher, selected.student, *selected.studentSpec);
    const ConsistencyReport both = check(*teacher, *splitTeacher, student, *splitStudent);
    for (const ConsistencyReport* report : {&toSplit, &toFused, &both}) {
        expectFullAgreement(*report);
        EXPECT_EQ(report->matchedBy, MatchedBy::Roles);
        EXPECT_EQ(space(*report, "residual").agree, 32);
        ASSERT_EQ(report->heads.size(), 2U);
        EXPECT_TRUE(report->heads[0].whole);
        EXPECT_EQ(report->heads[0].rows, check(selected).heads[0].rows);
        int couplings = 0;
        for (const SpaceReport& one : report->spaces)
            if (one.name.ends_with(".q=k") || one.name.ends_with(".v=proj")) {
                EXPECT_EQ(one.axes, 2) << one.name;
                EXPECT_EQ(one.agree, 32) << one.name;
                ++couplings;
            }
        EXPECT_EQ(couplings, 4);
    }
}

TEST(ForeignInitialisation, NamesTheLayersThatADistilledStudentTook) {
    const std::string sizes = "dim=32,heads=4,mlp=64,vocab=50,positions=20";
    const auto teacherSpec = specOf("bert:depth=12," + sizes);
    const auto stockSpec = specOf("bert:depth=6," + sizes);
    const auto studentSpec = specOf("bert:depth=6,types=0,pooler=false,names=distilbert," + sizes);
    const auto teacher = test::fillCheckpoint(test::infosOf(*teacherSpec));
    SelectionOptions options;
    options.layers.byHand["layers"] = {0, 2, 4, 7, 9, 11};
    const SelectionPlan plan = need(planSelection(teacherSpec, stockSpec, options, teacher.get()));
    const StateDict student = respelt(need(initializeStudent(*teacher, plan)), *studentSpec);
    const ConsistencyReport report = check(*teacher, *teacherSpec, student, *studentSpec);
    ASSERT_EQ(report.layers.size(), 6U);
    const int taken[] = {0, 2, 4, 7, 9, 11};
    for (int layer = 0; layer < 6; ++layer)
        EXPECT_EQ(report.layers[static_cast<std::size_t>(layer)],
                  fmt::format("transformer.layer.{} <- encoder.layer.{}", layer, taken[layer]));
    expectFullAgreement(report);
    EXPECT_TRUE(report.fresh.empty());
    EXPECT_EQ(report.heads.size(), 6U);
    EXPECT_NEAR(report.energy.share(), 1.0, 1e-9);
}

TEST(ForeignInitialisation, TracesGroupedQueriesRotaryPairsAndTransposedMatrices) {
    const std::pair<std::string, std::string> pairs[] = {
        {"llama:dim=64,depth=2,heads=8,kv_heads=4,head_dim=16,mlp=96,vocab=40",
         "llama:dim=32,depth=2,heads=4,kv_heads=2,head_dim=16,mlp=64,vocab=40"},
        {"gpt2:dim=64,depth=2,heads=4,vocab=40,positions=20",
         "gpt2:dim=32,depth=2,heads=2,vocab=40,positions=20"},
    };
    for (const auto& [teacher, student] : pairs) {
        SCOPED_TRACE(student);
        const Selected selected = select(teacher, student, {});
        const ConsistencyReport report = check(selected);
        expectFullAgreement(report);
        ASSERT_EQ(report.heads.size(), 2U);
        EXPECT_TRUE(report.heads[0].whole);
        int couplings = 0;
        for (const SpaceReport& one : report.spaces)
            if (one.name.ends_with(".q=k") || one.name.ends_with(".v=proj")) {
                EXPECT_EQ(one.axes, 2) << one.name;
                ++couplings;
            }
        EXPECT_EQ(couplings, 4);
    }
}

TEST(ForeignInitialisation, MatchesTensorsOfUnknownNetsByTheirRows) {
    // Two nets that no family knows, under different names; layers 2 and 0 were taken.
    const auto fill = [](const std::vector<TensorInfo>& infos) {
        return need(test::fillCheckpoint(infos)->readAll());
    };
    std::vector<TensorInfo> infos;
    for (int layer = 0; layer < 3; ++layer) {
        infos.push_back({fmt::format("trunk.{}.in.weight", layer), DType::F32, {40, 24}});
        infos.push_back({fmt::format("trunk.{}.in.bias", layer), DType::F32, {40}});
        infos.push_back({fmt::format("trunk.{}.out.weight", layer), DType::F32, {24, 40}});
    }
    const StateDict teacher = fill(infos);
    StateDict student;
    const auto take = [&](const std::string& to, const std::string& from, const Shape& shape) {
        const HostTensor& whole = *teacher.find(from);
        HostTensor part = HostTensor::zeros(DType::F32, shape);
        const std::int64_t columns = shape.size() > 1 ? shape[1] : 1;
        const std::int64_t step = whole.elements() / whole.shape[0];
        for (std::int64_t row = 0; row < shape[0]; ++row)
            for (std::int64_t column = 0; column < columns; ++column)
                part.floats()[static_cast<std::size_t>(row * columns + column)] =
                    whole.floats()[static_cast<std::size_t>(row * step + column)];
        student.set(to, std::move(part));
    };
    for (const auto& [to, from] : {std::pair{0, 2}, std::pair{1, 0}}) {
        take(fmt::format("net.stage.{}.expand.weight", to),
             fmt::format("trunk.{}.in.weight", from),
             {20, 12});
        take(fmt::format("net.stage.{}.expand.bias", to),
             fmt::format("trunk.{}.in.bias", from),
             {20});
        take(fmt::format("net.stage.{}.shrink.weight", to),
             fmt::format("trunk.{}.out.weight", from),
             {12, 20});
    }
    const auto teacherFile = memoryCheckpoint(teacher);
    const auto studentFile = memoryCheckpoint(student);
    const ModelSpec teacherSpec = need(recognizeModel(*teacherFile));
    const ModelSpec studentSpec = need(recognizeModel(*studentFile));
    ASSERT_EQ(teacherSpec.family, "unknown");
    const ConsistencyReport report =
        need(checkConsistency(*teacherFile, teacherSpec, *studentFile, studentSpec));
    EXPECT_EQ(report.matchedBy, MatchedBy::Content);
    EXPECT_EQ(report.layers,
              (std::vector<std::string>{"net.stage.0 <- trunk.2", "net.stage.1 <- trunk.0"}));
    EXPECT_EQ(report.inherited, 6);
    EXPECT_EQ(space(report, "net.stage.1.shrink.weight.1").agree, 20);
    EXPECT_EQ(
        report.renamed.front(),
        (std::pair<std::string, std::string>{"net.stage.0.expand.weight", "trunk.2.in.weight"}));
}

TEST(ForeignInitialisation, ReadsTensorsThatAreTooLargeToKeepBlockByBlock) {
    const auto teacherSpec = specOf("bert:dim=96,depth=1,heads=6,mlp=96,vocab=60000,positions=20");
    const auto studentSpec = specOf("bert:dim=80,depth=1,heads=5,mlp=64,vocab=60000,positions=20");
    const auto teacher = test::fillCheckpoint(test::infosOf(*teacherSpec));
    const SelectionPlan plan = need(planSelection(teacherSpec, studentSpec, {}, teacher.get()));
    StateDict student = need(initializeStudent(*teacher, plan));
    expectFullAgreement(check(*teacher, *teacherSpec, student, *studentSpec));
    for (float& value : student.find("embeddings.word_embeddings.weight")->floats())
        value *= 1.7F;
    const ConsistencyReport report = check(*teacher, *teacherSpec, student, *studentSpec);
    expectFullAgreement(report);
    ASSERT_NE(scaleOf(report, "embeddings.word_embeddings.weight"), nullptr);
    EXPECT_NEAR(scaleOf(report, "embeddings.word_embeddings.weight")->lowest, 1.7, 1e-4);
}

} // namespace
} // namespace heirloom
