// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/FineTuneRun.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <latch>
#include <limits>
#include <stdexcept>

namespace heirloom {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStepsPerEpoch = 10;

/// Counts steps instead of training; ends as it is told to.
class FakeEngine final : public Engine {
public:
    RunEnding ending = RunEnding::Done;
    std::string failure;
    bool throws = false;
    std::chrono::microseconds stepTime{0};

    EngineInfo info() const override { return {}; }
    Result<DatasetInfo> describeData(const DataSource&) const override { return DatasetInfo{}; }
    Result<ForwardResult> forward(const ModelSpec&,
                                  const StateDict&,
                                  const HostTensor&,
                                  const std::string&) const override {
        return ForwardResult{};
    }
    Result<Evaluation> evaluate(const ModelSpec&,
                                const StateDict&,
                                const DataSource&,
                                const std::string&,
                                RunControl&) const override {
        return Evaluation{};
    }
    Result<RunOutcome> fineTune(const ModelSpec&,
                                const StateDict& weights,
                                const DataSource&,
                                const FineTuneOptions& options,
                                RunObserver& observer,
                                RunControl& control) const override {
        observer.started(kStepsPerEpoch);
        observer.epochDone({0, 2.3, 0.1, 0});
        if (!failure.empty())
            return fail("images/3.jpg", "{}", failure);
        if (throws)
            throw std::runtime_error("thrown");
        std::int64_t step = 0;
        for (int epoch = 1; epoch <= options.epochs; ++epoch) {
            for (std::int64_t i = 0; i < kStepsPerEpoch; ++i) {
                if (!control.waitUntilRunning())
                    return RunOutcome{RunEnding::Stopped, {}, weights};
                std::this_thread::sleep_for(stepTime);
                ++step;
                observer.stepDone({step,
                                   static_cast<double>(step) / kStepsPerEpoch,
                                   1.0 / static_cast<double>(step),
                                   0.1,
                                   static_cast<double>(step) * 0.05});
            }
            observer.epochDone({epoch, 1.0, 0.5 + 0.01 * epoch, 0});
        }
        return RunOutcome{
            ending, ending == RunEnding::Diverged ? "loss became NaN at step 20" : "", weights};
    }
};

FineTuneRequest request(int epochs) {
    StateDict weights;
    weights.set("w", HostTensor::zeros(DType::F32, {2}));
    FineTuneRequest result;
    result.label = "selected";
    result.model = std::make_shared<ModelSpec>();
    result.weights = std::make_shared<StateDict>(std::move(weights));
    result.options.epochs = epochs;
    return result;
}

FineTuneRun::EngineSource source(std::shared_ptr<const Engine> engine) {
    return [engine] { return Result<std::shared_ptr<const Engine>>(engine); };
}

template <class Condition> bool comesTrue(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
        if (condition())
            return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

TEST(FineTuneRun, ReportsEveryStepAndEpochOnce) {
    FineTuneRun run(7, request(3), source(std::make_shared<FakeEngine>()));
    EXPECT_EQ(run.id(), 7);
    EXPECT_EQ(run.snapshot().state, RunState::Waiting);
    EXPECT_EQ(run.weights(), nullptr);
    run.start();
    run.wait();
    EXPECT_TRUE(run.isFinished());
    EXPECT_EQ(run.snapshot().state, RunState::Done);
    const auto steps = run.takeSteps();
    ASSERT_EQ(steps.size(), 30U);
    for (std::size_t i = 0; i < steps.size(); ++i)
        EXPECT_EQ(steps[i].step, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(run.takeEpochs().size(), 4U);
    EXPECT_TRUE(run.takeSteps().empty());
    EXPECT_TRUE(run.takeEpochs().empty());
    ASSERT_NE(run.weights(), nullptr);
    EXPECT_NE(run.weights()->find("w"), nullptr);
}

TEST(FineTuneRun, TellsRateAndTimeLeft) {
    auto engine = std::make_shared<FakeEngine>();
    engine->stepTime = 300us;
    FineTuneRun run(1, request(100), source(engine));
    run.start();
    ASSERT_TRUE(comesTrue([&] { return run.snapshot().step > 50; }));
    run.pause();
    const RunSnapshot snapshot = run.snapshot();
    EXPECT_EQ(snapshot.totalSteps, 1000);
    EXPECT_NEAR(snapshot.stepsPerSecond,
                20,
                1e-6); // the fake engine says that 0.05 s lie between its steps
    EXPECT_NEAR(snapshot.secondsLeft, static_cast<double>(1000 - snapshot.step) / 20, 1e-6);
    EXPECT_GE(snapshot.lastTop1, 0.5);
}

TEST(FineTuneRun, StandsStillWhilePausedAndGoesOnAfterwards) {
    auto engine = std::make_shared<FakeEngine>();
    engine->stepTime = 200us;
    FineTuneRun run(1, request(10'000), source(engine));
    run.start();
    ASSERT_TRUE(comesTrue([&] { return run.snapshot().state == RunState::Running; }));
    run.pause();
    EXPECT_EQ(run.snapshot().state, RunState::Paused);
    const auto before = run.snapshot().step;
    std::this_thread::sleep_for(50ms);
    EXPECT_LE(run.snapshot().step, before + 1); // the step that was under way still ends
    run.resume();
    EXPECT_EQ(run.snapshot().state, RunState::Running);
    EXPECT_TRUE(comesTrue([&] { return run.snapshot().step > before + 2; }));
}

TEST(FineTuneRun, StopsAPausedRunAndKeepsItsWeights) {
    auto engine = std::make_shared<FakeEngine>();
    engine->stepTime = 200us;
    FineTuneRun run(1, request(1000), source(engine));
    run.start();
    ASSERT_TRUE(comesTrue([&] { return run.snapshot().state == RunState::Running; }));
    run.pause();
    run.stop();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Stopped);
    EXPECT_NE(run.weights(), nullptr);
}

TEST(FineTuneRun, StoppedBeforeItsStartDoesNothing) {
    FineTuneRun run(1, request(1), source(std::make_shared<FakeEngine>()));
    run.stop();
    run.start();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Stopped);
    EXPECT_TRUE(run.takeSteps().empty());
}

TEST(FineTuneRun, EndsWhenItIsDestroyed) {
    auto engine = std::make_shared<FakeEngine>();
    engine->stepTime = 1ms;
    {
        FineTuneRun run(1, request(100'000), source(engine));
        run.start();
    }
    EXPECT_EQ(engine.use_count(), 1);
}

TEST(FineTuneRun, ShowsWhyItDiverged) {
    auto engine = std::make_shared<FakeEngine>();
    engine->ending = RunEnding::Diverged;
    FineTuneRun run(1, request(2), source(engine));
    run.start();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Diverged);
    EXPECT_EQ(run.snapshot().message, "loss became NaN at step 20");
    EXPECT_NE(run.weights(), nullptr);
}

TEST(FineTuneRun, FailsWithTheSentenceOfTheEngine) {
    auto engine = std::make_shared<FakeEngine>();
    engine->failure = "the image could not be decoded";
    FineTuneRun run(1, request(2), source(engine));
    run.start();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Failed);
    EXPECT_EQ(run.snapshot().message, "images/3.jpg: the image could not be decoded");
    EXPECT_EQ(run.weights(), nullptr);
}

TEST(FineTuneRun, FailsWhenTheEngineIsMissingOrThrows) {
    FineTuneRun missing(1, request(1), [] {
        return Result<std::shared_ptr<const Engine>>(fail({}, "no LibTorch"));
    });
    missing.start();
    missing.wait();
    EXPECT_EQ(missing.snapshot().state, RunState::Failed);
    EXPECT_EQ(missing.snapshot().message, "no LibTorch");

    auto engine = std::make_shared<FakeEngine>();
    engine->throws = true;
    FineTuneRun thrown(1, request(1), source(engine));
    thrown.start();
    thrown.wait();
    EXPECT_EQ(thrown.snapshot().state, RunState::Failed);
    EXPECT_NE(thrown.snapshot().message.find("thrown"), std::string::npos);
}

TEST(FineTuneRun, RefusesOptionsOutOfRangeBeforeTheEngineIsLoaded) {
    bool asked = false;
    FineTuneRun run(1, request(0), [&] {
        asked = true;
        return Result<std::shared_ptr<const Engine>>(fail({}, "not reached"));
    });
    run.start();
    run.wait();
    EXPECT_EQ(run.snapshot().state, RunState::Failed);
    EXPECT_NE(run.snapshot().message.find("epochs is 0"), std::string::npos);
    EXPECT_FALSE(asked);
}

} // namespace
} // namespace heirloom
