// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace heirloom::test {
namespace {

/// The whole way from JPEG files to a count, on other people's weights and images. PyTorch with
/// Pillow's decoder gets 8,103 of 10,000 right.
TEST(Evaluate, GetsAsManyOfTheJpegTestImagesRightAsPyTorch) {
    const auto archive = foreignData("cifar10-jpeg.tar.xz");
    const auto file = foreignData("resnet-cifar10/resnet20-12fca82f.th");
    if (!archive || !file)
        GTEST_SKIP() << "cifar10-jpeg.tar.xz and resnet-cifar10/resnet20-12fca82f.th are not here "
                        "(HEIRLOOM_TEST_DATA or ../shared/data)";
    const TemporaryFolder folder;
    const std::string unpack =
        fmt::format("tar xJf '{}' -C '{}' cifar10/test", archive->string(), folder.path().string());
    ASSERT_EQ(std::system(unpack.c_str()), 0);
    const auto checkpoint = openCheckpoint(*file);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    const auto model = recognizeModel(**checkpoint);
    ASSERT_TRUE(model);
    const auto weights = (*checkpoint)->readAll();
    ASSERT_TRUE(weights);
    RunControl control;
    const auto evaluation =
        engine().evaluate(*model, *weights, {folder / "cifar10", {}, {}}, "cpu", control);
    ASSERT_TRUE(evaluation) << evaluation.error().message();
    EXPECT_EQ(evaluation->total, 10'000);
    EXPECT_NEAR(evaluation->correct, 8103, 3);
}

} // namespace
} // namespace heirloom::test
