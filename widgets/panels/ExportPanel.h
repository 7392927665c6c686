// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
    QStringList fresh;         ///< "head.weight: 100 classes, the teacher has 1000 (seed 0)"
    QStringList provenance;    ///< lines that will lie in the file: teacher, model, selection
    QString suggestedPath;     ///< folder and name, ending .safetensors
};

/// What a finished export says.
struct ExportAnswer {
    QString path;
    qint64 bytes = 0;
    QString sha256;
    qint64 tensors = 0;
    bool verified = false;
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
    void exportRequested(int runId, const QString& path); ///< the format follows from the ending
    void pathChanged(const QString& path);

private:
    class Private;
    Private* d;
};

} // namespace heirloom
