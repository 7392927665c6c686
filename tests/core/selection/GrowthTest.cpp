// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <cmath>

namespace heirloom {
namespace {

using namespace test;
using Vector = std::vector<double>;

constexpr std::string_view kTeacher =
    "vit:dim=24,heads=3,depth=2,mlp=32,image=16,patch=8,num_classes=5";
constexpr std::string_view kWider =
    "vit:dim=48,heads=3,depth=2,mlp=50,image=16,patch=8,num_classes=5";

SelectionOptions grown(Growth growth) {
    SelectionOptions options;
    options.growth = growth;
    return options;
}

/// weight x + bias for rows [first, first + count).
Vector linear(const StateDict& net,
              const std::string& name,
              const Vector& x,
              std::size_t first,
              std::size_t count) {
    const auto weight = toFloats(*net.find(name + ".weight"));
    const auto bias = toFloats(*net.find(name + ".bias"));
    Vector y;
    for (std::size_t row = first; row < first + count; ++row) {
        double sum = static_cast<double>(bias[row]);
        for (std::size_t i = 0; i < x.size(); ++i)
            sum += static_cast<double>(weight[row * x.size() + i]) * x[i];
        y.push_back(sum);
    }
    return y;
}

Vector randomVector(std::size_t size, std::uint64_t seed) {
    Random random(seed);
    Vector x(size);
    for (double& value : x)
        value = random.normal();
    return x;
}

Vector repeated(const Vector& x, const IndexList& indices) {
    Vector y;
    for (const auto index : *indices)
        y.push_back(x[static_cast<std::size_t>(index)]);
    return y;
}

struct Pair {
    SelectionPlan plan;
    StateDict teacher;
    StateDict student;
};

Pair grow(std::string_view teacher, std::string_view student, Growth growth = Growth::Net2Net) {
    auto made = plan(teacher, student, grown(growth));
    const auto checkpoint = filledTeacher(*made.teacher);
    auto weights = initializeStudent(*checkpoint, made).value();
    return {std::move(made), checkpoint->readAll().value(), std::move(weights)};
}

TEST(Growth, AWiderMlpAnswersAsItsTeacherOnARepeatedStream) {
    const auto pair = grow(kTeacher, kWider);
    const auto& residual = spaceOf(pair.plan, "residual");
    ASSERT_TRUE(residual.grows);
    const auto x = randomVector(24, 3);
    const auto mlp = [](const StateDict& net, const Vector& input, std::size_t hidden) {
        auto inner = linear(net, "blocks.1.mlp.fc1", input, 0, hidden);
        for (double& value : inner)
            value = std::max(value, 0.1 * value); // any non-linearity acts on each unit alone
        return linear(net, "blocks.1.mlp.fc2", inner, 0, input.size());
    };
    const auto theirs = repeated(mlp(pair.teacher, x, 32), residual.indices);
    const auto ours = mlp(pair.student, repeated(x, residual.indices), 50);
    for (std::size_t i = 0; i < ours.size(); ++i)
        EXPECT_NEAR(ours[i], theirs[i], 1e-5);
}

TEST(Growth, WiderHeadsKeepTheirAttentionLogitsAndOutputs) {
    const auto pair = grow(kTeacher, kWider); // heads of 8 become heads of 16
    const auto& residual = spaceOf(pair.plan, "residual").indices;
    const auto a = randomVector(24, 5), b = randomVector(24, 6);
    const auto logit =
        [&](const StateDict& net, const Vector& x, const Vector& y, std::size_t head) {
            const auto dim = x.size() / 3;
            const auto q = linear(net, "blocks.0.attn.qkv", x, head * dim, dim);
            const auto k = linear(net, "blocks.0.attn.qkv", y, x.size() + head * dim, dim);
            double sum = 0;
            for (std::size_t i = 0; i < dim; ++i)
                sum += q[i] * k[i];
            return sum / std::sqrt(static_cast<double>(dim));
        };
    for (std::size_t head = 0; head < 3; ++head)
        EXPECT_NEAR(logit(pair.teacher, a, b, head),
                    logit(pair.student, repeated(a, residual), repeated(b, residual), head),
                    1e-4);
    const auto output = [](const StateDict& net, const Vector& x) {
        const auto v = linear(net, "blocks.0.attn.qkv", x, 2 * x.size(), x.size());
        return linear(net, "blocks.0.attn.proj", v, 0, x.size());
    };
    const auto theirs = repeated(output(pair.teacher, a), residual);
    const auto ours = output(pair.student, repeated(a, residual));
    for (std::size_t i = 0; i < ours.size(); ++i)
        EXPECT_NEAR(ours[i], theirs[i], 1e-4);
    EXPECT_EQ(pair.plan.notes.back(),
              "Grown: 7 index spaces are wider than the teacher's; the student computes what the "
              "teacher does, up to rounding");
}

TEST(Growth, AddedBlocksAreIdentities) {
    const auto pair =
        grow(kTeacher, "vit:dim=24,heads=3,depth=4,mlp=32,image=16,patch=8,num_classes=5");
    EXPECT_EQ(pair.plan.mapping.teacherLayer, (std::vector<int>{0, 1, -1, -1}));
    for (const auto& [name, tensor] : pair.student.entries()) {
        const bool isAdded = name.starts_with("blocks.2.") || name.starts_with("blocks.3.");
        if (!isAdded) {
            EXPECT_EQ(tensor, *pair.teacher.find(name)) << name;
            continue;
        }
        const bool isLast = name.find("attn.proj") != name.npos || name.find("fc2") != name.npos;
        const auto values = toFloats(tensor);
        const bool isZero = std::ranges::all_of(values, [](float value) { return value == 0; });
        if (isLast || name.ends_with("weight")) { // stock biases are zero anyway
            EXPECT_EQ(isZero, isLast) << name;
        }
    }
}

TEST(Growth, IdentityZerosAreTheLastNormOfAResNetBlockAndTheLayerScaleWhereThereIsOne) {
    const auto zerosOf = [](std::string_view teacher, std::string_view student) {
        std::vector<std::string> names;
        for (const auto& parameter : plan(teacher, student, grown(Growth::Net2Net)).parameters)
            if (parameter.constant)
                names.push_back(parameter.student);
        return names;
    };
    EXPECT_EQ(zerosOf("resnet18", "resnet18:depths=2-2-3-2"),
              (std::vector<std::string>{"layer3.2.bn2.weight", "layer3.2.bn2.bias"}));
    EXPECT_EQ(zerosOf("convnext_tiny", "convnext_tiny:depths=3-3-9-4"),
              (std::vector<std::string>{"stages.3.blocks.3.gamma"}));
}

/// W x for a pointwise convolution.
Vector projected(const StateDict& net, const std::string& name, const Vector& x) {
    const auto weight = toFloats(*net.find(name));
    Vector y(weight.size() / x.size(), 0.0);
    for (std::size_t row = 0; row < y.size(); ++row)
        for (std::size_t i = 0; i < x.size(); ++i)
            y[row] += static_cast<double>(weight[row * x.size() + i]) * x[i];
    return y;
}

constexpr std::string_view kStemIsStage =
    "resnet10:widths=8-12-16-20,stem=8,num_classes=5"; // layer1.0 has an identity shortcut

TEST(Growth, AProjectionThatTheTeacherLacksRepeatsTheStemsChannels) {
    for (const auto stem : {"8", "12"}) {
        const auto pair = grow(
            kStemIsStage, fmt::format("resnet10:widths=14-12-16-20,stem={},num_classes=5", stem));
        const auto& layer1 = spaceOf(pair.plan, "layer1.residual");
        const auto& stemPlan = spaceOf(pair.plan, "stem");
        ASSERT_TRUE(layer1.grows);
        EXPECT_EQ(stemPlan.teacherSpace, layer1.teacherSpace);
        const auto x = randomVector(8, 4);
        EXPECT_EQ(projected(pair.student,
                            "layer1.0.downsample.0.weight",
                            stemPlan.indices ? repeated(x, stemPlan.indices) : x),
                  repeated(x, layer1.indices));
        EXPECT_EQ(pair.plan.find("conv1.weight")->origin, Origin::Inherited);
        const auto all = [&](const std::string& name, float value) {
            const auto values = toFloats(*pair.student.find("layer1.0.downsample.1." + name));
            return values.size() == 14 &&
                   std::ranges::all_of(values, [&](float each) { return each == value; });
        };
        EXPECT_TRUE(all("weight", 1) && all("bias", 0) && all("running_mean", 0));
        EXPECT_TRUE(all("running_var", 1.0F - 1e-5F)); // + eps = 1
        EXPECT_TRUE(pair.plan.notes.back().ends_with(
            "the student computes what the teacher does, up to rounding"))
            << pair.plan.notes.back();
    }
}

TEST(Growth, RefusesAnIdentityShortcutWhereTheTeacherProjects) {
    const auto error = planError("resnet10:widths=8-12-16-20,stem=12,num_classes=5",
                                 "resnet10:widths=12-12-16-20,stem=12,num_classes=5",
                                 grown(Growth::Net2Net));
    EXPECT_EQ(error.where, "layer1.0");
    EXPECT_EQ(error.text,
              "the teacher's layer1.0 changes the stream by layer1.0.downsample.0.weight, and the "
              "student's shortcut there is the identity, so the function cannot be kept");
    EXPECT_NE(error.advice.find("a stem of another width"), std::string::npos) << error.advice;
}

TEST(Growth, UntiesAnOutputMatrixAndSaysWhereAPartIsLost) {
    const auto model = [](std::string_view sizes) {
        return fmt::format("llama:{},kv_heads=3,head_dim=8,vocab=20", sizes);
    };
    const auto wider = model("dim=48,depth=2,heads=3,mlp=32");
    const auto tied = model("dim=24,depth=2,heads=3,mlp=32,tied=true");
    const auto pair = grow(tied, wider + ",tied=false");
    const auto head = toFloats(*pair.student.find("lm_head.weight"));
    const auto words = toFloats(*pair.teacher.find("model.embed_tokens.weight"));
    for (std::size_t i = 0; i < 24; ++i)
        EXPECT_EQ(head[i], words[i] / 2); // each read twice
    EXPECT_TRUE(pair.plan.notes.back().ends_with("does, up to rounding"));
    const auto untied = model("dim=24,depth=2,heads=3,mlp=32,tied=false");
    EXPECT_TRUE(grow(untied, wider + ",tied=true")
                    .plan.notes.back()
                    .ends_with("for the teacher's lm_head.weight has no place in it"));
    EXPECT_TRUE(grow(tied, model("dim=48,depth=1,heads=3,mlp=32,tied=true"))
                    .plan.notes.back()
                    .ends_with("for the teacher's model.layers.1 is left out"));
}

TEST(Growth, StackingRepeatsLayersInOrder) {
    const auto pair = grow(kTeacher,
                           "vit:dim=24,heads=3,depth=5,mlp=32,image=16,patch=8,num_classes=5",
                           Growth::Stack);
    EXPECT_EQ(pair.plan.mapping.teacherLayer, (std::vector<int>{0, 1, 0, 1, 0}));
    EXPECT_EQ(*pair.student.find("blocks.3.mlp.fc1.weight"),
              *pair.teacher.find("blocks.1.mlp.fc1.weight"));
}

TEST(Growth, SaysWhichWidthsKeepTheFunction) {
    const auto error = planError(kTeacher,
                                 "vit:dim=36,heads=3,depth=2,mlp=32,image=16,patch=8,num_classes=5",
                                 grown(Growth::Net2Net));
    EXPECT_EQ(error.where, "residual");
    EXPECT_EQ(error.text,
              "the student needs 36 and the teacher has 24; blocks.0.norm1 keeps its function only "
              "when each of the 24 comes equally often");
    EXPECT_EQ(error.advice, "Choose 48, 72 or another multiple of 24");
    EXPECT_NE(planError("vit:dim=24,heads=3,depth=2,qk_norm=true",
                        "vit:dim=48,heads=3,depth=2,qk_norm=true",
                        grown(Growth::Net2Net))
                  .text.find("q_norm normalises over the head"),
              std::string::npos);
    const auto bert = planError(
        "bert:dim=24,depth=2,heads=3", "bert:dim=24,depth=3,heads=3", grown(Growth::Net2Net));
    EXPECT_NE(bert.text.find("normalises after each addition"), std::string::npos) << bert.text;
}

TEST(Growth, OffersItselfWhereItIsNotChosen) {
    for (const auto student : {kWider,
                               std::string_view("vit:dim=24,heads=3,depth=3,mlp=32,image=16,"
                                                "patch=8,num_classes=5")}) {
        const auto advice = planError(kTeacher, student).advice;
        EXPECT_NE(advice.find("--growth net2net"), std::string::npos) << advice;
        EXPECT_NE(advice.find("--growth stack"), std::string::npos) << advice;
    }
}

TEST(Growth, ChangesNothingForAStudentThatIsNoLarger) {
    const auto smaller = "vit:dim=12,heads=3,depth=1,mlp=16,image=16,patch=8,num_classes=5";
    const auto with = grow(kTeacher, smaller);
    const auto without = grow(kTeacher, smaller, Growth::None);
    EXPECT_EQ(with.student.entries(), without.student.entries());
    EXPECT_EQ(with.plan.notes, without.plan.notes);
}

} // namespace
} // namespace heirloom
