// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/Document.h"
#include "app/JobRunner.h"
#include "app/RunMonitor.h"
#include "widgets/panels/ExportPanel.h"

#include <QObject>

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace heirloom {

/// Between the Export screen, the Document and the finished runs.
class ExportPresenter final : public QObject {
    Q_OBJECT

public:
    ExportPresenter(Document& document,
                    JobRunner& jobs,
                    RunMonitor& runs,
                    ExportPanel& panel,
                    QObject* parent = nullptr);

    /// Lists what can be exported now; `runId` -1 for the initialised student.
    void show(int runId);

private:
    [[nodiscard]] ExportSubject studentSubject() const;
    [[nodiscard]] ExportSubject runSubject(int id) const;
    void exportTo(int runId, const QString& path, const ExportStorageChoice& storage);
    /// The tensors to write; made on the job's thread.
    using Weights = std::function<Result<std::shared_ptr<const Checkpoint>>(std::stop_token)>;
    void write(Weights weights,
               std::map<std::string, std::string> metadata,
               const QString& path,
               const ExportStorageChoice& storage);
    void measureFreeSpace(const QString& path);

    Document& m_document;
    JobRunner& m_jobs;
    RunMonitor& m_runs;
    ExportPanel& m_panel;
    int m_shown = -1;
};

} // namespace heirloom
