// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ExportPresenter.h"

#include "app/SelectCommand.h"
#include "core/model/Families.h"
#include "core/selection/SelectedCheckpoint.h"
#include "core/storage/Export.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSettings>
#include <QStorageInfo>

#include <algorithm>
#include <iterator>

namespace heirloom {
namespace {

/// A file name from a model's name: its changes spelled with dashes.
QString fileNameFor(const ModelSpec& spec, const QString& suffix) {
    QString name = QString::fromStdString(spokenName(spec));
    name.replace(QRegularExpression("[^A-Za-z0-9_.=-]+"), "-");
    return name.left(80) + suffix + ".safetensors";
}

void countIn(ExportSubject& subject, DType dtype, std::int64_t elements) {
    const auto bytes = elements * dtypeSize(dtype);
    subject.bytes += bytes;
    if (isFloatingPoint(dtype))
        subject.floatingElements += elements;
    else
        subject.otherBytes += bytes;
}

ExportAnswer answerOf(const ExportReport& report, const QString& path, std::optional<DType> dtype) {
    ExportAnswer answer;
    const bool isSharded = report.files.size() > 1; // then the last one is their index
    answer.path = isSharded ? QString::fromStdString(report.files.back().string()) : path;
    answer.bytes = static_cast<qint64>(report.bytes);
    answer.sha256 = QString::fromStdString(report.sha256);
    answer.tensors = report.tensors;
    answer.verified = report.verified;
    answer.files = isSharded ? static_cast<int>(report.files.size()) - 1 : 1;
    if (const auto lost = dtype ? overflowText(report.overflows, *dtype) : std::string();
        !lost.empty())
        answer.notes << QString::fromStdString(lost);
    if (const auto left = leftoverText(report); !left.empty())
        answer.notes << QString::fromStdString(left);
    return answer;
}

QString exportFolder() {
    const auto kept = QSettings().value("exportFolder").toString();
    if (!kept.isEmpty() && QFileInfo(kept).isDir())
        return kept;
    return QDir::homePath();
}

} // namespace

ExportPresenter::ExportPresenter(
    Document& document, JobRunner& jobs, RunMonitor& runs, ExportPanel& panel, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_runs(runs), m_panel(panel) {
    connect(&document, &Document::planChanged, this, [this] { show(m_shown); });
    connect(&runs, &RunMonitor::finished, this, [this] { show(m_shown); });
    connect(&panel, &ExportPanel::exportRequested, this, &ExportPresenter::exportTo);
    connect(&panel, &ExportPanel::pathChanged, this, &ExportPresenter::measureFreeSpace);
}

void ExportPresenter::show(int runId) {
    m_shown = runId;
    QList<ExportSubject> subjects;
    if (m_document.plan())
        subjects.append(studentSubject());
    for (const int id : m_runs.ids())
        if (m_runs.find(id)->weights())
            subjects.append(runSubject(id));
    m_panel.setSubjects(subjects, runId);
}

ExportSubject ExportPresenter::studentSubject() const {
    const auto plan = m_document.plan();
    ExportSubject subject;
    subject.title = tr("Initialised student");
    subject.tensors = static_cast<qint64>(plan->parameters.size());
    subject.parameters = plan->student->parameterCount();
    for (const auto& parameter : plan->student->parameters)
        countIn(subject, parameter.dtype, elementCount(parameter.shape).value_or(0));
    for (std::size_t i = 0; i < plan->parameters.size(); ++i) {
        const auto& parameter = plan->parameters[i];
        // Nothing is drawn for the counters of batch norms.
        if (parameter.origin != Origin::Fresh ||
            !isFloatingPoint(plan->student->parameters[i].dtype))
            continue;
        const bool isDrawn = !parameter.constant && !parameter.isIdentity;
        subject.fresh << tr("%1: %2%3")
                             .arg(QString::fromStdString(parameter.student),
                                  QString::fromStdString(parameter.reason),
                                  isDrawn ? tr(" (seed %1)").arg(parameter.seed) : QString());
    }
    subject.provenance
        << tr("teacher: %1")
               .arg(QFileInfo(
                        QString::fromStdString(m_document.teacher()->checkpoint->path().string()))
                        .fileName())
        << tr("model: %1").arg(QString::fromStdString(canonicalName(*plan->student)));
    subject.command = selectCommand(QFileInfo(m_document.teacherText()).fileName(),
                                    m_document.studentText(),
                                    m_document.options(),
                                    {});
    subject.suggestedPath = QDir(exportFolder()).filePath(fileNameFor(*plan->student, "-selected"));
    return subject;
}

ExportSubject ExportPresenter::runSubject(int id) const {
    const auto* run = m_runs.find(id);
    const auto& model = *run->request().model;
    ExportSubject subject;
    subject.runId = id;
    subject.title = tr("%1, fine-tuned").arg(QString::fromStdString(run->request().label));
    subject.tensors = static_cast<qint64>(run->weights()->size());
    subject.parameters = model.parameterCount();
    for (const auto& [name, tensor] : run->weights()->entries())
        countIn(subject, tensor.dtype, tensor.elements());
    subject.provenance
        << tr("model: %1").arg(QString::fromStdString(canonicalName(model)))
        << tr("data: %1")
               .arg(QFileInfo(QString::fromStdString(run->request().data.path.string())).fileName())
        << tr("%1 epochs, batch %2, rate %3, seed %4")
               .arg(run->request().options.epochs)
               .arg(run->request().options.batchSize)
               .arg(run->request().options.learningRate)
               .arg(run->request().options.seed);
    subject.suggestedPath =
        QDir(exportFolder()).filePath(fileNameFor(model, QString("-run%1").arg(id)));
    return subject;
}

void ExportPresenter::exportTo(int runId, const QString& path, const ExportStorageChoice& storage) {
    m_panel.showError({});
    m_panel.setBusy(0);
    if (runId >= 0) {
        const auto* run = m_runs.find(runId);
        if (!run || !run->weights()) {
            m_panel.setBusy(-1);
            return;
        }
        std::map<std::string, std::string> metadata = {
            {"heirloom.model", canonicalName(*run->request().model)},
            {"heirloom.run", run->request().label},
            {"heirloom.seed", std::to_string(run->request().options.seed)}};
        write(
            [weights = run->weights()](std::stop_token)
                -> Result<std::shared_ptr<const Checkpoint>> { return memoryCheckpoint(weights); },
            std::move(metadata),
            path,
            storage);
        return;
    }
    if (!m_document.plan())
        return;
    // Nothing of the student is kept in memory: its rows are made as they are written.
    write([teacher = m_document.planWeights(), plan = m_document.plan()](
              std::stop_token stop) { return selectedCheckpoint(teacher, plan, stop); },
          selectionMetadata(*m_document.plan(), m_document.recipe()),
          path,
          storage);
}

void ExportPresenter::write(Weights weights,
                            std::map<std::string, std::string> metadata,
                            const QString& path,
                            const ExportStorageChoice& storage) {
    ExportOptions options;
    options.path = path.toStdString();
    options.metadata = std::move(metadata);
    options.dtype = storage.dtype;
    options.maxShardBytes = storage.maxShardBytes;
    for (const auto* model : {&m_document.teacher(), &m_document.student()})
        if (*model && (*model)->checkpoint)
            std::ranges::copy((*model)->checkpoint->files(), std::back_inserter(options.openFiles));
    m_jobs.run<ExportReport>(
        "export",
        [weights = std::move(weights), options, panel = &m_panel](
            std::stop_token stop) mutable -> Result<ExportReport> {
            const auto format = formatForPath(options.path);
            if (!format)
                return std::unexpected(format.error());
            options.format = *format;
            const auto tensors = weights(stop);
            if (!tensors)
                return std::unexpected(tensors.error());
            return exportStudent(**tensors, options, stop, [panel](double share, std::string_view) {
                // The runner waits for its jobs before any panel goes, so the panel is there.
                QMetaObject::invokeMethod(
                    panel, [panel, share] { panel->setBusy(share); }, Qt::QueuedConnection);
            });
        },
        [this, path, dtype = options.dtype](Result<ExportReport> report) {
            m_panel.setBusy(-1);
            if (!report) {
                m_panel.showError(QString::fromStdString(report.error().message()));
                return;
            }
            QSettings().setValue("exportFolder", QFileInfo(path).absolutePath());
            m_panel.showAnswer(answerOf(*report, path, dtype));
        });
}

void ExportPresenter::measureFreeSpace(const QString& path) {
    m_jobs.run<qint64>(
        "space",
        [folder = QFileInfo(path).absolutePath()](std::stop_token) -> Result<qint64> {
            const QStorageInfo disk(folder);
            return disk.isValid() ? disk.bytesAvailable() : -1;
        },
        [this](Result<qint64> bytes) { m_panel.setFreeSpace(bytes ? *bytes : -1); });
}

} // namespace heirloom
