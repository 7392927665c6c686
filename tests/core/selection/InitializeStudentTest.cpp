// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"

#include "core/selection/FromFloats.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <cstring>

namespace heirloom {
namespace {

using namespace test;

constexpr std::string_view kTeacher = "vit:dim=48,heads=3,depth=4,image=32,patch=8,num_classes=10";
constexpr std::string_view kStudent = "vit:dim=24,heads=3,depth=2,image=32,patch=8,num_classes=10";

TEST(InitializeStudent, CopiesEachElementFromWhereThePlanSays) {
    for (const auto* element : {"uniform", "random:seed=4", "uniform:heads=blended"}) {
        const auto made = plan(kTeacher, kStudent, withElement(element));
        const auto checkpoint = filledTeacher(*made.teacher);
        const auto student = initializeStudent(*checkpoint, made);
        ASSERT_TRUE(student) << student.error().message();
        for (const auto& parameter : made.parameters) {
            const auto teacher = toFloats(checkpoint->read(parameter.teacher).value());
            const auto values = toFloats(*student->find(parameter.student));
            const auto& ours = made.student->find(parameter.student)->shape;
            const auto& theirs = made.teacher->find(parameter.teacher)->shape;
            for (std::size_t i = 0; i < values.size(); ++i) {
                auto left = static_cast<std::int64_t>(i);
                std::int64_t source = 0;
                std::int64_t stride = 1;
                for (std::size_t axis = ours.size(); axis-- > 0;) {
                    const auto at = left % ours[axis];
                    left /= ours[axis];
                    source +=
                        indicesOf(parameter.axes[axis], ours[axis])[static_cast<std::size_t>(at)] *
                        stride;
                    stride *= theirs[axis];
                }
                ASSERT_EQ(values[i], teacher[static_cast<std::size_t>(source)])
                    << element << " " << parameter.student << " " << i;
            }
        }
    }
}

TEST(InitializeStudent, GivesTheTeacherItselfForAnEqualStudent) {
    const auto made = plan(kTeacher, kTeacher);
    const auto checkpoint = filledTeacher(*made.teacher);
    const auto student = initializeStudent(*checkpoint, made);
    ASSERT_TRUE(student);
    for (const auto& [name, tensor] : student->entries())
        EXPECT_EQ(tensor, checkpoint->read(name).value()) << name;
}

TEST(InitializeStudent, DrawsFreshParametersAsTheRandomTwinDoes) {
    SelectionOptions options;
    options.seed = 77;
    const auto made =
        plan(kTeacher, "vit:dim=24,heads=3,depth=2,image=32,patch=8,num_classes=7", options);
    const auto student = initializeStudent(*filledTeacher(*made.teacher), made);
    ASSERT_TRUE(student);
    const auto twin = randomStudent(*made.student, 77);
    EXPECT_EQ(*student->find("head.weight"), *twin.find("head.weight"));
    EXPECT_NE(*student->find("norm.weight"), *twin.find("norm.weight"));
}

TEST(InitializeStudent, CopiesCountersAndStatisticsOfBatchNorms) {
    const auto made = plan("resnet34", "resnet18");
    const auto checkpoint = filledTeacher(*made.teacher);
    EXPECT_EQ(initializeParameter(*checkpoint, made, "bn1.num_batches_tracked").value(),
              checkpoint->read("bn1.num_batches_tracked").value());
    EXPECT_EQ(initializeParameter(*checkpoint, made, "bn1.running_var").value(),
              checkpoint->read("bn1.running_var").value());
}

TEST(InitializeStudent, ResamplesPositionsOfThePickedWidth) {
    const auto made = plan(kTeacher, "vit:dim=24,heads=3,depth=2,image=56,patch=8,num_classes=10");
    const auto checkpoint = filledTeacher(*made.teacher);
    const auto student = initializeParameter(*checkpoint, made, "pos_embed");
    ASSERT_TRUE(student) << student.error().message();
    EXPECT_EQ(student->shape, (Shape{1, 50, 24}));
    // Channels do not mix: resampling first and picking afterwards gives the same.
    const auto whole = resamplePositions(checkpoint->read("pos_embed").value(), 1, 50);
    ASSERT_TRUE(whole);
    const auto picked = axisOf(made, "pos_embed", 2);
    for (std::size_t token = 0; token < 50; ++token)
        for (std::size_t c = 0; c < 24; ++c)
            EXPECT_EQ(student->floats()[token * 24 + c],
                      whole->floats()[token * 48 + static_cast<std::size_t>(picked[c])]);
}

/// The fill teacher with another dtype.
std::shared_ptr<const Checkpoint> castTeacher(const ModelSpec& spec, DType dtype) {
    StateDict tensors;
    const auto filled = filledTeacher(spec);
    for (const auto& info : filled->tensors())
        tensors.set(info.name, castFloats(filled->read(info).value(), dtype));
    return memoryCheckpoint(std::move(tensors));
}

TEST(InitializeStudent, KeepsTheTeachersDType) {
    const auto made = plan(kTeacher, "vit:dim=24,heads=3,depth=2,image=56,patch=8,num_classes=7");
    for (const auto dtype : {DType::F16, DType::BF16, DType::F64}) {
        const auto student = initializeStudent(*castTeacher(*made.teacher, dtype), made);
        ASSERT_TRUE(student);
        for (const auto& [name, tensor] : student->entries()) {
            EXPECT_EQ(tensor.dtype, dtype) << name; // inherited, resampled and fresh ones
            EXPECT_EQ(static_cast<std::int64_t>(tensor.bytes.size()),
                      tensor.elements() * dtypeSize(dtype))
                << name;
        }
    }
}

TEST(InitializeStudent, TellsItsProgressUpToTheEnd) {
    const auto made = plan(kTeacher, kStudent);
    std::vector<double> shares;
    ASSERT_TRUE(initializeStudent(
        *filledTeacher(*made.teacher), made, {}, [&](double share, std::string_view) {
            shares.push_back(share);
        }));
    EXPECT_EQ(shares.size(), made.parameters.size());
    EXPECT_TRUE(std::ranges::is_sorted(shares));
    EXPECT_EQ(shares.back(), 1.0);
}

TEST(InitializeStudent, StopsInTheMiddleWhenAskedTo) {
    const auto made = plan(kTeacher, kStudent);
    std::stop_source source;
    int told = 0;
    const auto student = initializeStudent(
        *filledTeacher(*made.teacher), made, source.get_token(), [&](double, std::string_view) {
            if (++told == 3)
                source.request_stop();
        });
    ASSERT_FALSE(student);
    EXPECT_EQ(student.error().text, "stopped");
    EXPECT_EQ(told, 3);
}

TEST(InitializeStudent, RefusesACheckpointThatThePlanWasNotMadeFor) {
    const auto made = plan(kTeacher, kStudent);
    const auto other = initializeStudent(
        *filledTeacher(*model("vit:dim=96,heads=3,depth=4,image=32,patch=8,num_classes=10")), made);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().where, "cls_token");
    EXPECT_EQ(other.error().text, "the plan was made for 1×1×48, the checkpoint holds 1×1×96");
    const auto shallow = initializeStudent(
        *filledTeacher(*model("vit:dim=48,heads=3,depth=1,image=32,patch=8,num_classes=10")), made);
    ASSERT_FALSE(shallow);
    EXPECT_EQ(shallow.error().where, "blocks.1.norm1.weight");
    EXPECT_FALSE(initializeParameter(*filledTeacher(*made.teacher), made, "nonsense"));
}

} // namespace
} // namespace heirloom
