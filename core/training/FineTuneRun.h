// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/training/Engine.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace heirloom {

enum class RunState { Waiting, Loading, Running, Paused, Done, Stopped, Diverged, Failed };

/// What a run starts from; all of it is kept alive by the run.
struct FineTuneRequest {
    std::string label;                          ///< "selected, uniform", "random twin"
    std::shared_ptr<const ModelSpec> model;
    std::shared_ptr<const StateDict> weights;
    DataSource data;
    FineTuneOptions options;
};

/// What a watcher needs at a glance.
struct RunSnapshot {
    RunState state = RunState::Waiting;
    std::int64_t step = 0;
    std::int64_t totalSteps = 0;   ///< 0 until known
    double stepsPerSecond = 0;     ///< over about the last two seconds
    double secondsLeft = -1;       ///< negative while unknown
    double lastTop1 = -1;          ///< of the last evaluation, negative before
    std::string message;           ///< of Failed and Diverged: the error's sentence
};

/// One fine-tuning in a thread of its own. Metrics wait in the run until taken, so that no step costs the watcher an event.
class FineTuneRun final : private RunObserver {
public:
    /// Returns an engine; called on the run's thread, so that loading LibTorch blocks nobody.
    using EngineSource = std::function<Result<std::shared_ptr<const Engine>>()>;

    FineTuneRun(int id, FineTuneRequest request, EngineSource engine);
    ~FineTuneRun() override; ///< asks to stop and waits

    [[nodiscard]] int id() const { return m_id; }
    [[nodiscard]] const FineTuneRequest& request() const { return m_request; }

    void start();
    void pause();
    void resume();
    void stop();
    void wait(); ///< until the thread has ended

    [[nodiscard]] RunSnapshot snapshot() const;
    [[nodiscard]] bool isFinished() const;
    /// Metrics since the last call, oldest first.
    [[nodiscard]] std::vector<StepMetrics> takeSteps();
    [[nodiscard]] std::vector<EpochMetrics> takeEpochs();
    /// Weights after the end (Done, Stopped, Diverged); null before and after a failure.
    [[nodiscard]] std::shared_ptr<const StateDict> weights() const;

private:
    void started(std::int64_t stepsPerEpoch) override;
    void stepDone(const StepMetrics& metrics) override;
    void epochDone(const EpochMetrics& metrics) override;
    void run();

    int m_id;
    FineTuneRequest m_request;
    EngineSource m_engine;
    RunControl m_control;
    mutable std::mutex m_mutex;
    RunSnapshot m_snapshot;
    std::vector<StepMetrics> m_steps;
    std::vector<EpochMetrics> m_epochs;
    std::shared_ptr<const StateDict> m_weights;
    std::vector<double> m_recent; ///< seconds of recent steps, for the rate
    std::jthread m_thread;        ///< last, so that it ends first
};

} // namespace heirloom
