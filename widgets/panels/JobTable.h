// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/RunRow.h"

#include <QWidget>

namespace heirloom {

/// The runs, newest first: colour, name, state, progress, pace, accuracy, and what can be done with each.
class JobTable final : public QWidget {
    Q_OBJECT

public:
    explicit JobTable(QWidget* parent = nullptr);
    ~JobTable() override;

    void addRun(const RunRow& run);
    void removeRun(int id);
    void updateRun(int id, const RunSnapshot& snapshot);
    void setDuration(int id, double seconds); ///< shown once the run has ended

signals:
    void pauseRequested(int id);
    void resumeRequested(int id);
    void stopRequested(int id);
    void exportRequested(int id);
    void clicked(int id);

private:
    class Private;
    Private* d;
};

} // namespace heirloom
