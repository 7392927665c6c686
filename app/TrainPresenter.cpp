// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/TrainPresenter.h"

#include "core/selection/InitializeStudent.h"
#include "core/training/EngineLoader.h"

#include <thread>

namespace heirloom {
namespace {

/// What the choices were, in few words: "as published", "uniform", "mixed".
QString choiceText(const SelectionOptions& options) {
    if (options.asPublished)
        return QObject::tr("as published");
    if (options.spaces.empty())
        return QString::fromStdString(elementSelectionText(options.element));
    return QObject::tr("mixed");
}

} // namespace

TrainPresenter::TrainPresenter(
    Document& document, JobRunner& jobs, RunMonitor& runs, TrainPanel& panel, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_runs(runs), m_panel(panel) {
    connect(&document, &Document::planChanged, this, [this] {
        m_panel.setSubject(m_document.plan()
                               ? QString::fromStdString(spokenName(*m_document.student()->spec))
                               : QString());
    });
    connect(&panel, &TrainPanel::startRequested, this, &TrainPresenter::start);
    connect(&panel, &TrainPanel::pauseRequested, &runs, &RunMonitor::pause);
    connect(&panel, &TrainPanel::resumeRequested, &runs, &RunMonitor::resume);
    connect(&panel, &TrainPanel::stopRequested, &runs, &RunMonitor::stop);
    connect(&panel, &TrainPanel::exportRequested, this, &TrainPresenter::exportRequested);
    connect(&panel, &TrainPanel::dataRequested, this, &TrainPresenter::describe);
    connect(&runs, &RunMonitor::stepsTaken, &panel, &TrainPanel::appendSteps);
    connect(&runs, &RunMonitor::epochsTaken, &panel, &TrainPanel::appendEpochs);
    connect(&runs, &RunMonitor::snapshotTaken, &panel, &TrainPanel::updateRun);
}

void TrainPresenter::setDefaults(const DataSource& data, const FineTuneOptions& options) {
    m_panel.setData(data);
    m_panel.setOptions(options, true);
    if (m_prepared)
        describe(data);
}

void TrainPresenter::prepare() {
    if (m_prepared)
        return;
    m_prepared = true;
    m_jobs.run<EngineInfo>(
        "engine",
        [](std::stop_token) -> Result<EngineInfo> {
            auto engine = loadEngine();
            if (!engine)
                return std::unexpected(engine.error());
            return (*engine)->info();
        },
        [this](Result<EngineInfo> info) {
            if (!info) {
                m_prepared = false; // the user may set TORCH_DIR right and come back
                m_panel.showError(QString::fromStdString(info.error().message()));
                return;
            }
            QStringList devices;
            for (const auto& device : info->devices)
                devices << QString::fromStdString(device);
            QString note = QString::fromStdString(info->gpuNote);
            if (!note.isEmpty())
                note[0] = note[0].toUpper();
            m_panel.setDevices(devices, note);
            m_deviceText = devices.value(devices.size() - 1);
            if (m_deviceText == "cpu")
                m_deviceText = tr("cpu · %1 threads").arg(std::thread::hardware_concurrency());
            emit engineReady();
            if (!m_panel.request().data.path.empty())
                describe(m_panel.request().data);
        });
}

void TrainPresenter::describe(const DataSource& data) {
    m_jobs.run<DatasetInfo>(
        "data",
        [data](std::stop_token) -> Result<DatasetInfo> {
            auto engine = loadEngine();
            if (!engine)
                return std::unexpected(engine.error());
            return (*engine)->describeData(data);
        },
        [this](Result<DatasetInfo> info) {
            m_panel.showError(info ? QString() : QString::fromStdString(info.error().message()));
            if (info)
                m_panel.setDataInfo(*info);
        });
}

const RunRow* TrainPresenter::row(int id) const {
    const auto found = m_rows.constFind(id);
    return found == m_rows.constEnd() ? nullptr : &*found;
}

void TrainPresenter::start(const TrainRequest& request) {
    if (!m_document.plan())
        return;
    if (const auto valid = validate(request.options); !valid) {
        m_panel.showError(QString::fromStdString(valid.error().message()));
        return;
    }
    m_panel.showError({});
    const auto model = m_document.student()->spec;
    m_document.requestWeights(
        [this, request, model](Result<std::shared_ptr<const StateDict>> weights) {
            if (!weights) {
                m_panel.showError(QString::fromStdString(weights.error().message()));
                return;
            }
            ++m_groups;
            launch(request, *weights, model, false);
            if (!request.randomTwin)
                return;
            using Weights = std::shared_ptr<const StateDict>;
            // A lane of its own a group: a second start must not take the first one's twin away.
            m_jobs.run<Weights>(
                QString("twin-%1").arg(m_groups),
                [model, seed = request.options.seed](std::stop_token) -> Result<Weights> {
                    return std::make_shared<const StateDict>(randomStudent(*model, seed));
                },
                [this, request, model](Result<Weights> random) {
                    launch(request, *random, model, true);
                });
        });
}

int TrainPresenter::launch(const TrainRequest& request,
                           std::shared_ptr<const StateDict> weights,
                           std::shared_ptr<const ModelSpec> model,
                           bool twin) {
    RunRow row;
    row.group = m_groups;
    row.dashed = twin;
    row.series = (m_groups - 1) * 2 + (twin ? 1 : 0);
    row.label =
        twin ? tr("Run %1 · random twin").arg(m_groups)
             : tr("Run %1 · selected, %2").arg(m_groups).arg(choiceText(m_document.options()));
    FineTuneRequest fineTune;
    fineTune.label = row.label.toStdString();
    fineTune.model = std::move(model);
    fineTune.weights = std::move(weights);
    fineTune.data = request.data;
    fineTune.options = request.options;
    row.id = m_runs.start(std::move(fineTune));
    m_rows.insert(row.id, row);
    m_panel.addRun(row);
    emit runAdded(row.id);
    return row.id;
}

} // namespace heirloom
