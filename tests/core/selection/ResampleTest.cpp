// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Resample.h"

#include "core/selection/InitializeStudent.h"
#include "core/selection/ResamplePositions.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <cmath>

namespace heirloom {
namespace {

using namespace test;

double largestDifference(const HostTensor& a, const HostTensor& b) {
    EXPECT_EQ(a.shape, b.shape);
    double largest = 0;
    for (std::size_t i = 0; i < a.floats().size(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a.floats()[i] - b.floats()[i])));
    return largest;
}

TEST(Resample, EqualsTimmOnPatchKernelsAndRelativePositionBiases) {
    const auto stored = openCheckpoint(dataFolder() / "golden/resample/resample.safetensors");
    ASSERT_TRUE(stored) << stored.error().message();
    const std::map<std::string, Shape> sources{{"kernel.a", {5, 3, 16, 16}},
                                               {"kernel.b", {4, 2, 4, 4}},
                                               {"bias.a", {13 * 13, 3}},
                                               {"bias.b", {7 * 7, 3}},
                                               {"bias.c", {23 * 23, 3}}};
    EXPECT_EQ((*stored)->tensors().size(), 13U);
    for (const auto& info : (*stored)->tensors()) {
        const auto name = info.name.substr(0, info.name.rfind('.'));
        const auto source =
            fillCheckpoint({{name, DType::F32, sources.at(name)}})->read(name).value();
        const auto expected = (*stored)->read(info).value();
        const auto made = name.starts_with("kernel")
                              ? resampleKernel(source, info.shape[2], info.shape[3])
                              : resampleBias(source, info.shape[0]);
        EXPECT_LT(largestDifference(made, expected), 1e-5) << info.name;
    }
}

TEST(Resample, KeepsWhatAResizedPatchAnswers) {
    // Upwards the resizing loses nothing, so kernel · patch = larger kernel · larger patch.
    const auto kernel = fillCheckpoint({{"k", DType::F32, {1, 1, 4, 4}}})->read("k").value();
    const auto patch = fillCheckpoint({{"p", DType::F32, {1, 16, 1}}})->read("p").value();
    const auto larger = resampleKernel(kernel, 8, 8);
    const auto largerPatch = resamplePositions(patch, 0, 64).value();
    double small = 0, large = 0;
    for (std::size_t i = 0; i < 16; ++i)
        small += static_cast<double>(kernel.floats()[i] * patch.floats()[i]);
    for (std::size_t i = 0; i < 64; ++i)
        large += static_cast<double>(larger.floats()[i] * largerPatch.floats()[i]);
    EXPECT_NEAR(small, large, 1e-5);
}

TEST(Resample, APlanResizesPatchesAndPositionsTogether) {
    const auto made = plan("vit:dim=24,heads=3,depth=1,image=32,patch=8,num_classes=10",
                           "vit:dim=12,heads=3,depth=1,image=32,patch=4,num_classes=10");
    const auto* kernel = made.find("patch_embed.proj.weight");
    EXPECT_EQ(kernel->origin, Origin::Resampled);
    EXPECT_EQ(kernel->reason, "patches of 4 × 4 pixels, the teacher's are 8 × 8");
    EXPECT_EQ(*kernel->axes[0], *spaceOf(made, "residual").indices);
    EXPECT_EQ(made.find("pos_embed")->origin, Origin::Resampled);
    const auto student = initializeStudent(*filledTeacher(*made.teacher), made);
    ASSERT_TRUE(student) << student.error().message();
    EXPECT_EQ(student->find("patch_embed.proj.weight")->shape, (Shape{12, 3, 4, 4}));
    EXPECT_EQ(student->find("pos_embed")->shape, (Shape{1, 65, 12}));
}

TEST(Resample, KeepsTheFirstPositionsOfFewerTokensAndStartsNewOnesFromZeros) {
    const auto two = fillCheckpoint({{"p", DType::F32, {1, 2 + 9, 4}}})->read("p").value();
    const auto one = resampleGrid(two, 2, 1, 1 + 9).value();
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(one.floats()[i], two.floats()[i]);
    for (std::size_t i = 0; i < 36; ++i)
        EXPECT_NEAR(one.floats()[4 + i], two.floats()[8 + i], 1e-6F);
    const auto three = resampleGrid(two, 2, 3, 3 + 9).value();
    for (std::size_t i = 8; i < 12; ++i)
        EXPECT_EQ(three.floats()[i], 0.0F);
    const auto flat =
        resampleGrid(HostTensor::fromFloats({11, 4}, two.floats()), 2, 1, 1 + 9).value();
    EXPECT_EQ(flat.shape, (Shape{10, 4}));
    EXPECT_EQ(flat.bytes, one.bytes);
}

} // namespace
} // namespace heirloom
