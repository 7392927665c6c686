// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/RunMonitor.h"

namespace heirloom {
namespace {

constexpr int pollMilliseconds = 66; // 15 Hz: curves look live, and the event loop stays idle
constexpr std::size_t sparklinePoints = 240;

} // namespace

RunMonitor::RunMonitor(QObject* parent) : QObject(parent) {
    m_timer.setInterval(pollMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &RunMonitor::poll);
}

RunMonitor::~RunMonitor() {
    stopAll(); // all at once, before each is waited for
}

int RunMonitor::start(FineTuneRequest request) {
    const int id = ++m_lastId;
    Entry entry;
    entry.run = std::make_unique<FineTuneRun>(id, std::move(request), [] { return loadEngine(); });
    entry.run->start();
    m_runs.emplace(id, std::move(entry));
    m_timer.start();
    return id;
}

void RunMonitor::pause(int id) {
    if (const auto found = m_runs.find(id); found != m_runs.end())
        found->second.run->pause();
    poll();
}

void RunMonitor::resume(int id) {
    if (const auto found = m_runs.find(id); found != m_runs.end())
        found->second.run->resume();
    poll();
}

void RunMonitor::stop(int id) {
    if (const auto found = m_runs.find(id); found != m_runs.end())
        found->second.run->stop();
    poll();
}

void RunMonitor::stopAll() {
    for (auto& [id, entry] : m_runs)
        entry.run->stop();
}

const FineTuneRun* RunMonitor::find(int id) const {
    const auto found = m_runs.find(id);
    return found == m_runs.end() ? nullptr : found->second.run.get();
}

int RunMonitor::activeCount() const {
    int count = 0;
    for (const auto& [id, entry] : m_runs)
        count += entry.run->isFinished() ? 0 : 1;
    return count;
}

std::vector<int> RunMonitor::ids() const {
    std::vector<int> all;
    for (const auto& [id, entry] : m_runs)
        all.push_back(id);
    return all;
}

std::vector<double> RunMonitor::recentLosses(int id) const {
    const auto found = m_runs.find(id);
    return found == m_runs.end() ? std::vector<double>{} : found->second.recent;
}

void RunMonitor::poll() {
    bool active = false;
    for (auto& [id, entry] : m_runs) {
        if (entry.told)
            continue;
        // Asked before the metrics are taken, so that a run that ends in between is looked at once
        // more.
        const bool isFinished = entry.run->isFinished();
        const auto steps = entry.run->takeSteps();
        for (const auto& step : steps)
            entry.recent.push_back(step.loss);
        if (entry.recent.size() > sparklinePoints)
            entry.recent.erase(entry.recent.begin(), entry.recent.end() - sparklinePoints);
        if (!steps.empty())
            emit stepsTaken(id, steps);
        const auto epochs = entry.run->takeEpochs();
        if (!epochs.empty())
            emit epochsTaken(id, epochs);
        emit snapshotTaken(id, entry.run->snapshot());
        if (isFinished) {
            entry.told = true;
            emit finished(id);
        } else {
            active = true;
        }
    }
    if (!active)
        m_timer.stop();
}

} // namespace heirloom
