// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/EngineLoader.h"
#include "core/training/FineTuneRun.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <vector>

namespace heirloom {

/// The fine-tuning runs of this program. Looks at them on a timer, so that no training step costs
/// the event loop anything.
class RunMonitor final : public QObject {
    Q_OBJECT

public:
    explicit RunMonitor(QObject* parent = nullptr);
    ~RunMonitor() override; ///< stops all runs and waits for them

    /// Starts at once, beside those that run. \return the run's number, from 1
    int start(FineTuneRequest request);
    void pause(int id);
    void resume(int id);
    void stop(int id);
    void stopAll();

    [[nodiscard]] const FineTuneRun* find(int id) const;
    [[nodiscard]] int activeCount() const;
    [[nodiscard]] std::vector<int> ids() const;
    /// Losses of the newest steps, for a sparkline.
    [[nodiscard]] std::vector<double> recentLosses(int id) const;

signals:
    void stepsTaken(int id, const std::vector<heirloom::StepMetrics>& steps);
    void epochsTaken(int id, const std::vector<heirloom::EpochMetrics>& epochs);
    void snapshotTaken(int id, const heirloom::RunSnapshot& snapshot);
    void finished(int id);

private:
    struct Entry {
        std::unique_ptr<FineTuneRun> run;
        std::vector<double> recent;
        bool told = false; ///< finished() was emitted
    };

    void poll();

    std::map<int, Entry> m_runs;
    int m_lastId = 0;
    QTimer m_timer;
};

} // namespace heirloom
