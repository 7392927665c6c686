// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/TrainPanel.h"

#include "widgets/Theme.h"
#include "widgets/panels/CurvePanel.h"
#include "widgets/panels/JobTable.h"
#include "widgets/panels/TrainForm.h"
#include "widgets/plots/TwinComparison.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QSplitter>

#include <algorithm>
#include <cmath>
#include <map>

namespace heirloom {

namespace {

/// What the panel remembers of a run.
struct ShownRun {
    RunRow row;
    RunSnapshot snapshot;
    std::vector<EpochMetrics> epochs;
    std::size_t drawnEpochs = 0; ///< of them; the rest wait until it is known how many steps an epoch has
    int batchSize = 0;
    double stepsPerEpoch = 0;
    double lastSeconds = 0;
};

QString sentenceOf(const TwinComparison& c, bool twinEnded) {
    const QString what = twinEnded ? TrainPanel::tr("the twin's final accuracy")
                                   : TrainPanel::tr("the twin's accuracy so far");
    if (c.timesSooner <= 0)
        return TrainPanel::tr("starts above %1").arg(what);
    return TrainPanel::tr("reaches %1 at epoch %2 of %3: %4× sooner")
        .arg(what)
        .arg(c.epoch, 0, 'f', 1)
        .arg(c.twinEpochs)
        .arg(c.timesSooner, 0, 'f', 1);
}

} // namespace

class TrainPanel::Private {
public:
    explicit Private(TrainPanel* owner) : q(owner) {}

    void build();
    void setAxis(CurveAxis axis);
    void drawEpochs(ShownRun& run);
    void compare();
    void choose(int id);
    [[nodiscard]] const ShownRun* newest(bool dashed, int group) const;

    TrainPanel* q;
    std::map<int, ShownRun> runs;
    int emphasis = -1;
    bool hasSubject = false;
    TrainRequest started; ///< what the next added runs were asked with
    TrainForm* form = nullptr;
    CurvePanel* accuracy = nullptr;
    CurvePanel* loss = nullptr;
    JobTable* jobs = nullptr;
};

void TrainPanel::Private::build() {
    form = new TrainForm;
    accuracy = new CurvePanel(tr("Accuracy"), tr("held out, top-1"), CurveUnit::Share);
    loss = new CurvePanel(tr("Loss"), tr("training, nats"), CurveUnit::Number);
    // One evaluation an epoch over the whole held-out set has no noise to smooth away, and smoothing would move the point
    // where the twin is overtaken.
    accuracy->setSmoothing(0);
    jobs = new JobTable;

    auto* plots = new QSplitter(Qt::Vertical);
    plots->setChildrenCollapsible(false);
    plots->addWidget(accuracy);
    plots->addWidget(loss);
    plots->addWidget(jobs);
    plots->setStretchFactor(0, 5);
    plots->setStretchFactor(1, 5);
    plots->setStretchFactor(2, 0);
    plots->setSizes({300, 300, 132});
    auto* edge = new QFrame;
    edge->setFrameShape(QFrame::VLine);
    edge->setFixedWidth(1);
    auto* line = new QHBoxLayout(q);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(0);
    line->addWidget(form);
    line->addWidget(edge);
    line->addWidget(plots, 1);

    QObject::connect(form, &TrainForm::startRequested, q, [this](const TrainRequest& request) {
        started = request;
        emit q->startRequested(request);
    });
    QObject::connect(form, &TrainForm::dataRequested, q, &TrainPanel::dataRequested);
    QObject::connect(jobs, &JobTable::pauseRequested, q, &TrainPanel::pauseRequested);
    QObject::connect(jobs, &JobTable::resumeRequested, q, &TrainPanel::resumeRequested);
    QObject::connect(jobs, &JobTable::stopRequested, q, &TrainPanel::stopRequested);
    QObject::connect(jobs, &JobTable::exportRequested, q, &TrainPanel::exportRequested);
    QObject::connect(jobs, &JobTable::clicked, q, [this](int id) { choose(id); });
    for (CurvePanel* panel : {accuracy, loss}) {
        CurvePlot* other = (panel == accuracy ? loss : accuracy)->plot();
        QObject::connect(panel, &CurvePanel::axisChosen, q, [this](CurveAxis axis) { setAxis(axis); });
        QObject::connect(panel, &CurvePanel::runClicked, q, [this](int id) { choose(id); });
        QObject::connect(panel->plot(), &CurvePlot::cursorMoved, other, [other](double x) { other->setCursor(x); });
        QObject::connect(panel->plot(), &CurvePlot::cursorLeft, other, [other] { other->setCursor(std::nullopt); });
    }
}

void TrainPanel::Private::setAxis(CurveAxis axis) {
    accuracy->setAxis(axis);
    loss->setAxis(axis);
}

void TrainPanel::Private::choose(int id) {
    q->setEmphasis(emphasis == id ? -1 : id); // a second click lets go
    emit q->runClicked(id);
}

const ShownRun* TrainPanel::Private::newest(bool dashed, int group) const {
    for (auto run = runs.rbegin(); run != runs.rend(); ++run)
        if (run->second.row.dashed == dashed && (group < 0 || run->second.row.group == group))
            return &run->second;
    return nullptr;
}

void TrainPanel::Private::drawEpochs(ShownRun& run) {
    std::vector<CurvePoint> points;
    for (; run.drawnEpochs < run.epochs.size(); ++run.drawnEpochs) {
        const EpochMetrics& e = run.epochs[run.drawnEpochs];
        if (e.epoch > 0 && run.stepsPerEpoch <= 0)
            break;
        // Not a number means "no held-out set" here, not a fault: no point at all.
        if (std::isfinite(e.validationTop1))
            points.push_back({e.epoch * run.stepsPerEpoch, double(e.epoch), e.seconds, e.validationTop1});
    }
    accuracy->plot()->append(run.row.id, points);
}

/// The chosen run against its twin, else the newest pair.
void TrainPanel::Private::compare() {
    const auto chosen = runs.find(emphasis);
    const ShownRun* twin =
        chosen != runs.end() ? newest(true, chosen->second.row.group) : newest(true, -1);
    const ShownRun* run = twin != nullptr ? newest(false, twin->row.group) : nullptr;
    const auto found = run != nullptr ? compareWithTwin(run->epochs, twin->epochs) : std::nullopt;
    const bool twinEnded = twin != nullptr && !isActive(twin->snapshot.state);
    if (!found) {
        accuracy->plot()->setNote(std::nullopt);
        return;
    }
    CurveNote note;
    note.at = {found->epoch * run->stepsPerEpoch, found->epoch, found->seconds, found->accuracy};
    note.series = run->row.series;
    note.lineSeries = twin->row.series;
    note.text = sentenceOf(*found, twinEnded);
    accuracy->plot()->setNote(note);
    accuracy->plot()->setAccessibleName(tr("Accuracy. The selected student %1").arg(note.text));
}

TrainPanel::TrainPanel(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    d->build();
    setSubject({});
}

TrainPanel::~TrainPanel() { delete d; }

void TrainPanel::setSubject(const QString& title) {
    d->hasSubject = !title.isEmpty();
    d->form->setSubject(title);
    d->accuracy->plot()->setEmptyText(d->hasSubject
                                          ? tr("Accuracy on the held-out images appears here after Start")
                                          : tr("Open a teacher and a student first, then fine-tune the student here"));
    d->loss->plot()->setEmptyText(d->hasSubject ? tr("Training loss appears here, step by step") : QString());
}

void TrainPanel::setBuiltInData(const QString& title, const DataSource& source) {
    d->form->setBuiltInData(title, source);
}

void TrainPanel::setData(const DataSource& source) { d->form->setData(source); }

void TrainPanel::setDataInfo(const DatasetInfo& info) { d->form->setDataInfo(info); }

void TrainPanel::setOptions(const FineTuneOptions& options, bool randomTwin) {
    d->form->setOptions(options, randomTwin);
}

void TrainPanel::setDevices(const QStringList& devices, const QString& note) { d->form->setDevices(devices, note); }

void TrainPanel::showError(const QString& text) { d->form->showError(text); }

TrainRequest TrainPanel::request() const { return d->form->request(); }

void TrainPanel::addRun(const RunRow& run) {
    if (d->runs.contains(run.id))
        return;
    ShownRun& shown = d->runs[run.id];
    shown.row = run;
    shown.batchSize = d->started.options.batchSize;
    d->accuracy->addRun(run);
    d->loss->addRun(run);
    d->jobs->addRun(run);
}

void TrainPanel::removeRun(int id) {
    d->runs.erase(id);
    d->accuracy->removeRun(id);
    d->loss->removeRun(id);
    d->jobs->removeRun(id);
    if (d->emphasis == id)
        setEmphasis(-1);
    d->compare();
}

void TrainPanel::updateRun(int id, const RunSnapshot& snapshot) {
    const auto at = d->runs.find(id);
    if (at == d->runs.end())
        return;
    ShownRun& run = at->second;
    const bool ended = isActive(run.snapshot.state) && !isActive(snapshot.state);
    run.snapshot = snapshot;
    d->jobs->setDuration(id, run.lastSeconds);
    d->jobs->updateRun(id, snapshot);
    if (snapshot.totalSteps > 0 && run.stepsPerEpoch > 0) {
        const double epochs = double(snapshot.totalSteps) / run.stepsPerEpoch;
        d->accuracy->plot()->setPlannedEnd(id, double(snapshot.totalSteps), epochs);
        d->loss->plot()->setPlannedEnd(id, double(snapshot.totalSteps), epochs);
    }
    if (snapshot.state == RunState::Running && snapshot.stepsPerSecond > 0 && snapshot.step > 20)
        d->form->setMeasuredRate(snapshot.stepsPerSecond * run.batchSize);
    if (ended)
        d->compare();
}

void TrainPanel::appendSteps(int id, const std::vector<StepMetrics>& steps) {
    const auto at = d->runs.find(id);
    if (at == d->runs.end() || steps.empty())
        return;
    std::vector<CurvePoint> points;
    points.reserve(steps.size());
    for (const StepMetrics& s : steps)
        points.push_back({double(s.step), s.epoch, s.seconds, s.loss});
    d->loss->plot()->append(id, points);
    const StepMetrics& last = steps.back();
    if (last.epoch > 0)
        at->second.stepsPerEpoch = double(last.step) / last.epoch;
    at->second.lastSeconds = last.seconds;
    d->drawEpochs(at->second);
}

void TrainPanel::appendEpochs(int id, const std::vector<EpochMetrics>& epochs) {
    const auto at = d->runs.find(id);
    if (at == d->runs.end() || epochs.empty())
        return;
    ShownRun& run = at->second;
    run.epochs.insert(run.epochs.end(), epochs.begin(), epochs.end());
    run.lastSeconds = std::max(run.lastSeconds, epochs.back().seconds);
    d->drawEpochs(run);
    d->compare();
}

void TrainPanel::setEmphasis(int id) {
    d->emphasis = id;
    std::vector<int> ids; // the run and its twin
    if (const auto chosen = d->runs.find(id); chosen != d->runs.end())
        for (const auto& [other, run] : d->runs)
            if (other == id || run.row.group == chosen->second.row.group)
                ids.push_back(other);
    d->accuracy->setEmphasis(ids);
    d->loss->setEmphasis(ids);
    d->compare();
}

} // namespace heirloom
