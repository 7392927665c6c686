// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/FineTuneRun.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace heirloom {
namespace {

constexpr double kRateWindow = 2.0; // seconds of steps that the shown rate is taken over

bool isEnd(RunState state) {
    return state == RunState::Done || state == RunState::Stopped || state == RunState::Diverged ||
           state == RunState::Failed;
}

RunState stateOf(RunEnding ending) {
    switch (ending) {
    case RunEnding::Stopped:
        return RunState::Stopped;
    case RunEnding::Diverged:
        return RunState::Diverged;
    case RunEnding::Done:
        break;
    }
    return RunState::Done;
}

} // namespace

FineTuneRun::FineTuneRun(int id, FineTuneRequest request, EngineSource engine)
    : m_id(id), m_request(std::move(request)), m_engine(std::move(engine)) {}

FineTuneRun::~FineTuneRun() {
    stop();
    wait();
}

void FineTuneRun::start() {
    const std::scoped_lock lock(m_mutex);
    if (m_snapshot.state != RunState::Waiting)
        return;
    m_snapshot.state = RunState::Loading;
    m_thread = std::jthread([this] { run(); });
}

void FineTuneRun::pause() {
    m_control.pause();
    const std::scoped_lock lock(m_mutex);
    if (m_snapshot.state == RunState::Running)
        m_snapshot.state = RunState::Paused;
}

void FineTuneRun::resume() {
    {
        const std::scoped_lock lock(m_mutex);
        if (m_snapshot.state == RunState::Paused)
            m_snapshot.state = RunState::Running;
    }
    m_control.resume();
}

void FineTuneRun::stop() {
    m_control.stop();
    const std::scoped_lock lock(m_mutex);
    if (m_snapshot.state == RunState::Waiting)
        m_snapshot.state = RunState::Stopped;
}

void FineTuneRun::wait() {
    if (m_thread.joinable())
        m_thread.join();
}

RunSnapshot FineTuneRun::snapshot() const {
    const std::scoped_lock lock(m_mutex);
    return m_snapshot;
}

bool FineTuneRun::isFinished() const {
    const std::scoped_lock lock(m_mutex);
    return isEnd(m_snapshot.state);
}

std::vector<StepMetrics> FineTuneRun::takeSteps() {
    const std::scoped_lock lock(m_mutex);
    return std::exchange(m_steps, {});
}

std::vector<EpochMetrics> FineTuneRun::takeEpochs() {
    const std::scoped_lock lock(m_mutex);
    return std::exchange(m_epochs, {});
}

std::shared_ptr<const StateDict> FineTuneRun::weights() const {
    const std::scoped_lock lock(m_mutex);
    return m_weights;
}

void FineTuneRun::started(std::int64_t stepsPerEpoch) {
    const std::scoped_lock lock(m_mutex);
    m_snapshot.totalSteps = stepsPerEpoch * m_request.options.epochs;
    m_snapshot.state = m_control.isPaused() ? RunState::Paused : RunState::Running;
}

void FineTuneRun::stepDone(const StepMetrics& metrics) {
    const std::scoped_lock lock(m_mutex);
    m_steps.push_back(metrics);
    m_snapshot.step = metrics.step;
    m_recent.push_back(metrics.seconds);
    const auto old = std::ranges::lower_bound(m_recent, metrics.seconds - kRateWindow);
    // Two steps stay however long they took: a rate needs an interval.
    const auto spare =
        std::min(old - m_recent.begin(), static_cast<std::ptrdiff_t>(m_recent.size()) - 2);
    if (spare > 0)
        m_recent.erase(m_recent.begin(), m_recent.begin() + spare);
    const double span = m_recent.back() - m_recent.front();
    if (span <= 0)
        return;
    m_snapshot.stepsPerSecond = static_cast<double>(m_recent.size() - 1) / span;
    m_snapshot.secondsLeft =
        static_cast<double>(m_snapshot.totalSteps - metrics.step) / m_snapshot.stepsPerSecond;
}

void FineTuneRun::epochDone(const EpochMetrics& metrics) {
    const std::scoped_lock lock(m_mutex);
    m_epochs.push_back(metrics);
    if (metrics.validationTop1 >= 0) // NaN where nothing is held out
        m_snapshot.lastTop1 = metrics.validationTop1;
}

void FineTuneRun::run() {
    const auto work = [this]() -> Result<RunOutcome> {
        if (!m_request.model || !m_request.weights)
            return fail(m_request.label, "the run has no model or no weights to start from");
        if (auto status = validate(m_request.options); !status)
            return std::unexpected(status.error());
        auto engine = m_engine();
        if (!engine)
            return std::unexpected(engine.error());
        return (*engine)->fineTune(*m_request.model,
                                   *m_request.weights,
                                   m_request.data,
                                   m_request.options,
                                   *this,
                                   m_control);
    };
    Result<RunOutcome> outcome;
    try {
        outcome = work();
    } catch (const std::exception& e) {
        outcome = fail(m_request.label, "the run ended unexpectedly: {}", e.what());
    } catch (...) {
        outcome = fail(m_request.label, "the run ended unexpectedly, and no reason was given");
    }
    const std::scoped_lock lock(m_mutex);
    m_snapshot.secondsLeft = 0;
    if (!outcome) {
        m_snapshot.message = outcome.error().message();
        m_snapshot.state = RunState::Failed;
        return;
    }
    m_snapshot.message = std::move(outcome->message);
    m_weights = std::make_shared<const StateDict>(std::move(outcome->weights));
    m_snapshot.state = stateOf(outcome->ending);
}

} // namespace heirloom
