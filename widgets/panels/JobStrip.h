// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/RunRow.h"

#include <QWidget>

#include <vector>

namespace heirloom {

/// The strip at the foot of the window: the newest run under way, whatever screen is shown. Hidden at first; the window
/// shows it where no screen shows the runs itself.
class JobStrip final : public QWidget {
    Q_OBJECT

public:
    explicit JobStrip(QWidget* parent = nullptr);
    ~JobStrip() override;

    /// \param recentLoss the last training losses, nats, oldest first; drawn as a tiny curve
    void setRun(const RunRow& run, const RunSnapshot& snapshot, const std::vector<double>& recentLoss);
    void setRunCount(int active); ///< runs under way; from 2 on "2 runs" is said
    void clear();

signals:
    void pauseRequested(int id);
    void resumeRequested(int id);
    void stopRequested(int id);
    void clicked(int id); ///< anywhere but on a button: show the run

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom
