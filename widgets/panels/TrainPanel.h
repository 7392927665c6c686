// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/DataSource.h"
#include "core/training/FineTuneOptions.h"
#include "core/training/Metrics.h"
#include "widgets/panels/RunRow.h"

#include <QStringList>
#include <QWidget>

#include <vector>

namespace heirloom {

/// What the user asks for by "Start".
struct TrainRequest {
    DataSource data;
    FineTuneOptions options;
    bool randomTwin = true;
};

/// Options on the left, live accuracy and loss on the right, the runs below.
class TrainPanel final : public QWidget {
    Q_OBJECT

public:
    explicit TrainPanel(QWidget* parent = nullptr);
    ~TrainPanel() override;

    /// What would be trained; an empty title shows the empty state ("Open a teacher and a student first").
    void setSubject(const QString& title);
    /// An entry of the data list that is always there ("Digits"); chosen until setData() says otherwise.
    void setBuiltInData(const QString& title, const DataSource& source);
    void setData(const DataSource& source);              ///< prefills the form
    void setDataInfo(const DatasetInfo& info);           ///< "1 437 train, 360 held out, 10 classes, 8×8"
    void setOptions(const FineTuneOptions& options, bool randomTwin);
    void setDevices(const QStringList& devices, const QString& note);
    void showError(const QString& text);                 ///< inline, above Start; empty hides
    [[nodiscard]] TrainRequest request() const;

    void addRun(const RunRow& run);
    void removeRun(int id);
    void updateRun(int id, const RunSnapshot& snapshot);
    void appendSteps(int id, const std::vector<StepMetrics>& steps);
    void appendEpochs(int id, const std::vector<EpochMetrics>& epochs);
    void setEmphasis(int id);                            ///< all but this run and its twin step back; negative: none

signals:
    void startRequested(const heirloom::TrainRequest& request);
    void pauseRequested(int id);
    void resumeRequested(int id);
    void stopRequested(int id);
    void exportRequested(int id); ///< a finished run's weights
    void dataRequested(const heirloom::DataSource& source); ///< the user chose a dataset; describe it
    void runClicked(int id);

private:
    class Private;
    Private* d;
};

} // namespace heirloom
