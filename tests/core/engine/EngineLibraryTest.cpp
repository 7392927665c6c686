// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/training/EngineLoader.h"
#include "core/training/FineTuneRun.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace heirloom {
namespace {

/// Where LibTorch is found: TORCH_DIR, the active Python, or the folder of the build; the engine
/// lies in ../lib of this program.
TEST(EngineLibrary, IsLoadedOnceAndKnowsItsLibTorch) {
    const auto engine = loadEngine();
    ASSERT_TRUE(engine) << engine.error().message();
    const EngineInfo info = (*engine)->info();
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(info.torchFolder) / "lib" /
                                        "libtorch_cpu.so"))
        << info.torchFolder;
    EXPECT_FALSE(info.torchVersion.empty());
    ASSERT_FALSE(info.devices.empty());
    EXPECT_EQ(info.devices.front(), "cpu");
    EXPECT_EQ(info.devices.size() > 1, info.gpuNote.empty());
    const auto again = loadEngine();
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *engine);
}

TEST(EngineLibrary, PassesErrorsThroughItsBorder) {
    const auto engine = loadEngine();
    ASSERT_TRUE(engine) << engine.error().message();
    const auto data = (*engine)->describeData({"/nowhere/data", {}, {}});
    ASSERT_FALSE(data);
    EXPECT_EQ(data.error().where, "/nowhere/data");
}

TEST(EngineLibrary, TrainsInARunOfItsOwnThread) {
    const auto model = modelFromName(
        "vit:dim=16,depth=1,heads=2,mlp=32,patch=4,image=8,channels=1,num_classes=10");
    ASSERT_TRUE(model) << model.error().message();
    StateDict weights;
    for (const Parameter& parameter : model->parameters)
        weights.set(parameter.name, HostTensor::zeros(parameter.dtype, parameter.shape));
    FineTuneRequest request;
    request.model = std::make_shared<const ModelSpec>(*model);
    request.weights = std::make_shared<const StateDict>(std::move(weights));
    request.data.path = std::filesystem::path(HEIRLOOM_SAMPLES) / "digits.h5";
    request.options.epochs = 1;
    request.options.threads = 1;
    FineTuneRun run(1, request, [] { return loadEngine(); });
    run.start();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Done) << run.snapshot().message;
    EXPECT_EQ(run.takeSteps().size(), 23U);
    EXPECT_EQ(run.takeEpochs().size(), 2U);
    EXPECT_NE(run.weights(), nullptr);
}

} // namespace
} // namespace heirloom
