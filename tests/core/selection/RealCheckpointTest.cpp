// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the published ResNet-56 for CIFAR-10 (akamaster/pytorch_resnet_cifar10), which the project
// does not carry.
#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

namespace heirloom {
namespace {

using namespace test;

TEST(RealCheckpoint, GivesAResNet20WholeLayersOfAResNet56) {
    const auto path = foreignData("resnet-cifar10/resnet56-4bfd9763.th");
    if (!path)
        GTEST_SKIP() << "resnet-cifar10/resnet56-4bfd9763.th is not there";
    const auto opened = openCheckpoint(*path);
    ASSERT_TRUE(opened) << opened.error().message();
    auto spec = recognizeModel(**opened);
    ASSERT_TRUE(spec) << spec.error().message();
    ASSERT_EQ(spec->family, "cifar_resnet");
    const auto teacher = std::make_shared<const ModelSpec>(std::move(*spec));
    SelectionOptions options;
    options.layers = parseLayerSelection("uniform").value();
    options.element = parseElementSelection("magnitude").value();
    const auto made = planSelection(teacher, model("resnet20"), options, opened->get());
    ASSERT_TRUE(made) << made.error().message();
    const auto student = initializeStudent(**opened, *made);
    ASSERT_TRUE(student) << student.error().message();
    EXPECT_EQ(made->find("layer2.1.conv1.weight")->teacher, "layer2.3.conv1.weight");
    for (const auto& parameter : made->parameters) {
        if (parameter.origin == Origin::Fresh) {
            EXPECT_TRUE(parameter.student.ends_with("num_batches_tracked")) << parameter.student;
            continue;
        }
        EXPECT_EQ(*student->find(parameter.student), (*opened)->read(parameter.teacher).value())
            << parameter.student;
    }
}

} // namespace
} // namespace heirloom
