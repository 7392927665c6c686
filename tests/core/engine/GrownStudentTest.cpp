// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/FillCheckpoint.h"

#include <gtest/gtest.h>

namespace heirloom::test {
namespace {

struct Growing {
    std::string label, teacher, student;
    friend void PrintTo(const Growing& growing, std::ostream* out) { *out << growing.label; }
};

/// A student grown by Net2Net computes what its teacher does, in the modules that train it.
class GrownStudent : public testing::TestWithParam<Growing> {};

/// Tensors away from zero and one, and variances above zero.
StateDict teacherWeights(const ModelSpec& model) {
    StateDict weights;
    for (const Parameter& parameter : model.parameters) {
        if (parameter.dtype != DType::F32) {
            weights.set(parameter.name, HostTensor::zeros(parameter.dtype, parameter.shape));
            continue;
        }
        auto values = *fillCheckpoint({TensorInfo{parameter.name, DType::F32, parameter.shape}})
                           ->read(parameter.name);
        const bool isGain = parameter.name.ends_with("running_var") ||
                            (parameter.shape.size() == 1 && parameter.name.ends_with("weight"));
        for (float& value : values.floats())
            value = isGain ? 1 + value / 2 : value / 4;
        weights.set(parameter.name, std::move(values));
    }
    return weights;
}

TEST_P(GrownStudent, LogitsEqualTheTeachers) {
    const auto teacher = modelFromName(GetParam().teacher);
    ASSERT_TRUE(teacher) << teacher.error().message();
    const auto student = modelFromName(GetParam().student);
    ASSERT_TRUE(student) << student.error().message();
    const StateDict weights = teacherWeights(*teacher);
    SelectionOptions options;
    options.growth = Growth::Net2Net;
    const auto checkpoint = memoryCheckpoint(weights);
    const auto plan = planSelection(std::make_shared<const ModelSpec>(*teacher),
                                    std::make_shared<const ModelSpec>(*student),
                                    options,
                                    checkpoint.get());
    ASSERT_TRUE(plan) << plan.error().message();
    const auto grown = initializeStudent(*checkpoint, *plan);
    ASSERT_TRUE(grown) << grown.error().message();

    const auto theirs = engine().forward(*teacher, weights, stockInput(), "cpu");
    ASSERT_TRUE(theirs) << theirs.error().message();
    const auto ours = engine().forward(*student, *grown, stockInput(), "cpu");
    ASSERT_TRUE(ours) << ours.error().message();
    EXPECT_LT(relativeDifference(toFloats(ours->logits), toFloats(theirs->logits)), 1e-5);
}

const std::string kVit = "vit:depth=2,image=32,patch=8,num_classes=10";
const std::string kNext = "convnext_tiny:image=32,num_classes=10";
const std::string kResNet = "resnet18:image=32,num_classes=10";

INSTANTIATE_TEST_SUITE_P(
    Net2Net,
    GrownStudent,
    testing::Values(
        Growing{"vit_wider_mlp", kVit + ",dim=24,heads=3,mlp=32", kVit + ",dim=24,heads=3,mlp=50"},
        Growing{"vit_wider", kVit + ",dim=24,heads=3,mlp=32", kVit + ",dim=48,heads=3,mlp=50"},
        Growing{"vit_more_heads", kVit + ",dim=24,heads=3,mlp=32", kVit + ",dim=48,heads=6,mlp=64"},
        Growing{"vit_deeper",
                "vit:depth=2,image=32,patch=8,num_classes=10,dim=24,heads=3,mlp=32",
                "vit:depth=5,image=32,patch=8,num_classes=10,dim=24,heads=3,mlp=32"},
        Growing{"convnext_wider",
                kNext + ",depths=1-1-1-1,dims=8-8-16-16",
                kNext + ",depths=1-1-1-1,dims=16-16-32-32"},
        Growing{"convnext_deeper",
                kNext + ",depths=1-1-1-1,dims=8-8-16-16",
                kNext + ",depths=2-1-3-1,dims=8-8-16-16"},
        Growing{"resnet_wider",
                kResNet + ",depths=1-1-1-1,widths=8-8-16-16,stem=8",
                kResNet + ",depths=1-1-1-1,widths=16-8-20-16,stem=16"},
        Growing{"resnet_deeper",
                kResNet + ",depths=1-1-1-1,widths=8-8-16-16,stem=8",
                kResNet + ",depths=1-2-1-2,widths=8-8-16-16,stem=8"}),
    [](const auto& test) { return test.param.label; });

} // namespace
} // namespace heirloom::test
