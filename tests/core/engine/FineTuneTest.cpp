// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Trainer.h"
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <thread>

namespace heirloom::test {
namespace {

const DataSource kDigits{std::filesystem::path(HEIRLOOM_SAMPLES) / "digits.h5", {}, {}};

class Recorder final : public RunObserver {
public:
    std::int64_t perEpoch = 0;
    std::vector<StepMetrics> steps;
    std::vector<EpochMetrics> epochs;
    std::function<void(const StepMetrics&)> onStep;

    void started(std::int64_t stepsPerEpoch) override { perEpoch = stepsPerEpoch; }
    void stepDone(const StepMetrics& metrics) override {
        steps.push_back(metrics);
        if (onStep)
            onStep(metrics);
    }
    void epochDone(const EpochMetrics& metrics) override { epochs.push_back(metrics); }

    std::vector<double> losses() const {
        std::vector<double> result;
        for (const StepMetrics& step : steps)
            result.push_back(step.loss);
        return result;
    }
};

ModelSpec model(const std::string& name) {
    auto result = modelFromName(name);
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

const std::string kSmallVit =
    "vit:dim=32,depth=2,heads=4,mlp=64,patch=2,image=8,channels=1,num_classes=10";
const std::string kSmallResNet =
    "cifar_resnet:depths=1-1-1,widths=4-8-16,channels=1,num_classes=10";

FineTuneOptions options(int epochs) {
    FineTuneOptions result;
    result.epochs = epochs;
    result.batchSize = 64;
    result.seed = 1;
    result.threads = 1;
    return result;
}

TEST(FineTune, LearnsTheDigits) {
    const ModelSpec vit = model(kSmallVit);
    Recorder recorder;
    RunControl control;
    const auto outcome =
        engine().fineTune(vit, drawnWeights(vit, 1), kDigits, options(4), recorder, control);
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->ending, RunEnding::Done);
    EXPECT_EQ(recorder.perEpoch, 23);
    ASSERT_EQ(recorder.steps.size(), 4U * 23);
    ASSERT_EQ(recorder.epochs.size(), 5U);
    EXPECT_NEAR(recorder.steps[0].loss, std::log(10), 0.1);
    EXPECT_LT(recorder.steps.back().loss, recorder.steps[0].loss - 0.2);
    EXPECT_GT(recorder.epochs.back().validationTop1, recorder.epochs[0].validationTop1 + 0.1);
    EXPECT_EQ(recorder.steps.back().epoch, 4);
    EXPECT_EQ(recorder.steps[0].learningRate, 2e-3);
    EXPECT_LT(recorder.steps.back().learningRate, 1e-5);

    // The weights that come back are those that were evaluated last.
    const auto evaluation = engine().evaluate(vit, outcome->weights, kDigits, "cpu", control);
    ASSERT_TRUE(evaluation);
    EXPECT_EQ(evaluation->total, 360);
    EXPECT_EQ(static_cast<double>(evaluation->correct) / 360,
              recorder.epochs.back().validationTop1);
    EXPECT_NEAR(evaluation->loss, recorder.epochs.back().validationLoss, 1e-6);
    EXPECT_EQ(outcome->weights.size(), vit.parameters.size());
}

TEST(FineTune, RepeatsItselfExactly) {
    for (const std::string& name : {kSmallVit, kSmallResNet}) {
        const ModelSpec net = model(name);
        FineTuneOptions same = options(2);
        same.flip = true;
        same.cropPadding = 1;
        same.labelSmoothing = 0.1;
        std::vector<Recorder> recorders(2);
        std::vector<StateDict> weights(2);
        std::vector<std::jthread>
            runs; // at the same time: no run may touch another's random numbers
        for (std::size_t i = 0; i < 2; ++i)
            runs.emplace_back([&, i] {
                RunControl control;
                auto outcome = engine().fineTune(
                    net, drawnWeights(net, 1), kDigits, same, recorders[i], control);
                if (outcome)
                    weights[i] = std::move(outcome->weights);
            });
        runs.clear();
        ASSERT_FALSE(recorders[0].steps.empty());
        EXPECT_EQ(recorders[0].losses(), recorders[1].losses());
        EXPECT_EQ(recorders[0].epochs.back().validationLoss,
                  recorders[1].epochs.back().validationLoss);
        EXPECT_EQ(weights[0].entries(), weights[1].entries());
    }
}

TEST(FineTune, FollowsItsSeed) {
    const ModelSpec vit = model(kSmallVit);
    std::vector<Recorder> recorders(2);
    for (std::size_t i = 0; i < 2; ++i) {
        RunControl control;
        FineTuneOptions seeded = options(1);
        seeded.seed = i;
        ASSERT_TRUE(
            engine().fineTune(vit, drawnWeights(vit, 1), kDigits, seeded, recorders[i], control));
    }
    EXPECT_NE(recorders[0].losses(), recorders[1].losses());
    EXPECT_EQ(recorders[0].epochs[0].validationLoss,
              recorders[1].epochs[0].validationLoss); // the same weights before the first step
}

TEST(FineTune, StopsBeforeTheWeightsChangeWhenTheLossIsNotFinite) {
    for (const std::string& name : {kSmallVit, kSmallResNet}) {
        const ModelSpec net = model(name);
        Recorder recorder;
        RunControl control;
        FineTuneOptions wild = options(2);
        wild.learningRate = 1e30;
        const auto outcome =
            engine().fineTune(net, drawnWeights(net, 1), kDigits, wild, recorder, control);
        ASSERT_TRUE(outcome) << outcome.error().message();
        EXPECT_EQ(outcome->ending, RunEnding::Diverged);
        EXPECT_NE(outcome->message.find(fmt::format("at step {}", recorder.steps.size() + 1)),
                  std::string::npos)
            << outcome->message;
        EXPECT_NE(outcome->message.find("stopped before the weights changed"), std::string::npos)
            << outcome->message;
        for (const auto& [tensor, values] : outcome->weights.entries())
            for (const float value : toFloats(values))
                ASSERT_TRUE(std::isfinite(value)) << tensor;
    }
}

TEST(FineTune, StopsOnRequestAndKeepsTheWeightsOfTheLastStep) {
    const ModelSpec vit = model(kSmallVit);
    Recorder recorder;
    RunControl control;
    recorder.onStep = [&](const StepMetrics& metrics) {
        if (metrics.step == 7)
            control.stop();
    };
    const StateDict start = drawnWeights(vit, 1);
    const auto outcome = engine().fineTune(vit, start, kDigits, options(50), recorder, control);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->ending, RunEnding::Stopped);
    EXPECT_EQ(recorder.steps.size(), 7U);
    EXPECT_NE(outcome->weights.entries(), start.entries());
}

TEST(FineTune, DoesNotCountPauses) {
    const ModelSpec vit = model(kSmallVit);
    Recorder recorder;
    RunControl control;
    std::jthread waker;
    constexpr auto pause = std::chrono::milliseconds(1500);
    recorder.onStep = [&](const StepMetrics& metrics) {
        if (metrics.step != 3)
            return;
        control.pause();
        waker = std::jthread([&] {
            std::this_thread::sleep_for(pause);
            control.resume();
        });
    };
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(
        engine().fineTune(vit, drawnWeights(vit, 1), kDigits, options(1), recorder, control));
    const double whole =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    EXPECT_GE(whole, 1.5);
    EXPECT_LE(recorder.epochs.back().seconds, whole - 1.45);
    EXPECT_EQ(recorder.steps.size(), 23U);
}

TEST(FineTune, AsksForAModelWithAsManyClasses) {
    const ModelSpec vit =
        model("vit:dim=32,depth=1,heads=4,mlp=64,patch=2,image=8,channels=1,num_classes=100");
    Recorder recorder;
    RunControl control;
    const auto outcome =
        engine().fineTune(vit, drawnWeights(vit, 1), kDigits, options(1), recorder, control);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().text.find("the data has 10 classes"), std::string::npos)
        << outcome.error().text;
    EXPECT_NE(outcome.error().advice.find("num_classes=10"), std::string::npos)
        << outcome.error().advice;
}

TEST(FineTune, RefusesColourImagesForAGreyModel) {
    const TemporaryFolder folder;
    for (const char* name : {"a", "b"}) {
        std::filesystem::create_directories(folder / "train" / name);
        std::filesystem::copy_file(dataFolder() / "images" / "colour.png",
                                   folder / "train" / name / "1.png");
    }
    const ModelSpec vit =
        model("vit:dim=32,depth=1,heads=4,mlp=64,patch=2,image=8,channels=1,num_classes=2");
    Recorder recorder;
    RunControl control;
    const auto outcome = engine().fineTune(
        vit, drawnWeights(vit, 1), {folder.path(), {}, {}}, options(1), recorder, control);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().text.find("the images have 3 channels"), std::string::npos)
        << outcome.error().text;
    EXPECT_NE(outcome.error().advice.find("channels=3"), std::string::npos)
        << outcome.error().advice;
}

TEST(FineTune, RefusesDataThatIsNotThere) {
    const ModelSpec vit = model(kSmallVit);
    Recorder recorder;
    RunControl control;
    const auto outcome = engine().fineTune(
        vit, drawnWeights(vit, 1), {"/nowhere/data", {}, {}}, options(1), recorder, control);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().where, "/nowhere/data");
}

TEST(FineTune, RefusesOptionsOutOfRange) {
    const ModelSpec vit = model(kSmallVit);
    Recorder recorder;
    RunControl control;
    EXPECT_FALSE(
        engine().fineTune(vit, drawnWeights(vit, 1), kDigits, options(0), recorder, control));
}

TEST(FineTune, ColoursGreyImagesForAModelOfThreeChannels) {
    const ModelSpec vit =
        model("vit:dim=32,depth=1,heads=4,mlp=64,patch=4,image=16,channels=3,num_classes=10");
    RunControl control;
    DataSource source = kDigits;
    source.mean = {0.3};
    source.standardDeviation = {0.4};
    const auto evaluation = engine().evaluate(vit, drawnWeights(vit, 1), source, "cpu", control);
    ASSERT_TRUE(evaluation) << evaluation.error().message();
    EXPECT_EQ(evaluation->total, 360);
}

TEST(StepsPerEpoch, LeavesOutALastBatchOfOneImage) {
    EXPECT_EQ(stepsPerEpoch(128, 64), 2);
    EXPECT_EQ(stepsPerEpoch(129, 64), 2);
    EXPECT_EQ(stepsPerEpoch(130, 64), 3);
    EXPECT_EQ(stepsPerEpoch(1, 64), 1);
    EXPECT_EQ(stepsPerEpoch(5, 1), 5);
}

} // namespace
} // namespace heirloom::test
