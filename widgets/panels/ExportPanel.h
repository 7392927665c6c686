// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/ExportStorage.h"

#include <QString>
#include <QStringList>
#include <QWidget>

namespace heirloom {

/// What can be exported: the initialised student, or a finished run.
struct ExportSubject {
    int runId = -1;            ///< -1: the initialised student
    QString title;             ///< "Initialised student", "Run 2 · selected, uniform, fine-tuned"
    qint64 tensors = 0;
    qint64 parameters = 0;
    qint64 bytes = 0;
    qint64 floatingElements = 0; ///< elements that a choice of dtype converts
    qint64 otherBytes = 0;       ///< bytes of those that it does not
    QStringList fresh;         ///< "head.weight: 100 classes, the teacher has 1000 (seed 0)"
    QStringList provenance;    ///< lines that will lie in the file: teacher, model, selection
    QString command; ///< that makes it without the window, but for where and how it is stored
    QString suggestedPath;     ///< folder and name, ending .safetensors
};

/// What a finished export says.
struct ExportAnswer {
    QString path;
    qint64 bytes = 0;
    QString sha256;
    qint64 tensors = 0;
    bool verified = false;
    int files = 1;       ///< shards, without their index
    QStringList notes;   ///< "12 values overflowed ..."
};

/// One page: what, format, where, what is fresh and from which seed; then the answer of the re-reading.
class ExportPanel final : public QWidget {
    Q_OBJECT

public:
    explicit ExportPanel(QWidget* parent = nullptr);
    ~ExportPanel() override;

    void setSubjects(const QList<ExportSubject>& subjects, int currentRunId);
    void setFreeSpace(qint64 bytes); ///< on the target's disk; negative hides it
    void setBusy(double share);      ///< in [0, 1]; negative: not busy
    void showAnswer(const ExportAnswer& answer);
    void showError(const QString& text);

signals:
    /// The format follows from the path's ending.
    void exportRequested(int runId,
                         const QString& path,
                         const heirloom::ExportStorageChoice& storage);
    void pathChanged(const QString& path);

private:
    class Private;
    Private* d;
};

} // namespace heirloom
