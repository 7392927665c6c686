// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/Document.h"
#include "app/JobRunner.h"
#include "app/RunMonitor.h"
#include "widgets/panels/TrainPanel.h"

#include <QHash>
#include <QObject>

namespace heirloom {

/// Between the Train screen, the Document and the runs.
class TrainPresenter final : public QObject {
    Q_OBJECT

public:
    TrainPresenter(Document& document,
                   JobRunner& jobs,
                   RunMonitor& runs,
                   TrainPanel& panel,
                   QObject* parent = nullptr);

    /// Prefills the form.
    void setDefaults(const DataSource& data, const FineTuneOptions& options);
    /// Loads the engine in the background, once, and shows its devices and the data; called when
    /// the screen is first seen.
    void prepare();
    [[nodiscard]] const RunRow* row(int id) const;
    [[nodiscard]] QString deviceText() const { return m_deviceText; }

signals:
    void runAdded(int id);
    void exportRequested(int id);
    void engineReady(); ///< deviceText() is known

private:
    void describe(const DataSource& data);
    void start(const TrainRequest& request);
    int launch(const TrainRequest& request,
               std::shared_ptr<const StateDict> weights,
               std::shared_ptr<const ModelSpec> model,
               bool twin);

    Document& m_document;
    JobRunner& m_jobs;
    RunMonitor& m_runs;
    TrainPanel& m_panel;
    QHash<int, RunRow> m_rows;
    QString m_deviceText;
    int m_groups = 0;
    bool m_prepared = false;
};

} // namespace heirloom
