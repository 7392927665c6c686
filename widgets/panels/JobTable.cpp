// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/JobTable.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/NumberLabel.h"
#include "widgets/controls/ProgressLine.h"
#include "widgets/controls/SectionTitle.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>
#include <vector>

namespace heirloom {

namespace {

/// One run; columns of fixed width stand under each other without a grid.
class JobRow final : public QWidget {
public:
    explicit JobRow(const RunRow& run);

    void update(const RunSnapshot& snapshot);
    void setDuration(double seconds) { m_seconds = seconds; }
    [[nodiscard]] int id() const { return m_id; }

    QPushButton* pause;
    QPushButton* stop;
    QPushButton* save;
    std::function<void()> onClick;
    RunState state = RunState::Waiting;

protected:
    void paintEvent(QPaintEvent*) override {
        if (underMouse())
            QPainter(this).fillRect(rect(), blended(theme().raised, theme().surface, 0.6));
    }
    void mouseReleaseEvent(QMouseEvent* event) override {
        if (event->button() == Qt::LeftButton && onClick)
            onClick();
    }

private:
    int m_id;
    double m_seconds = 0;
    SeriesMark* m_mark;
    ElidedLabel* m_label;
    ElidedLabel* m_state;
    ProgressLine* m_bar;
    NumberLabel* m_percent;
    NumberLabel* m_pace;
    NumberLabel* m_top1;
    ElidedLabel* m_message;
    QStackedWidget* m_middle;
};

JobRow::JobRow(const RunRow& run) : m_id(run.id) {
    setObjectName(QStringLiteral("run-%1").arg(run.id));
    setAttribute(Qt::WA_Hover);
    setFixedHeight(32);
    m_mark = new SeriesMark;
    m_mark->setSeries(run.series, run.dashed);
    m_label = new ElidedLabel(run.label);
    m_label->setMinimumWidth(120);
    m_label->setMaximumWidth(320);
    m_state = new ElidedLabel({}, ElidedLabel::Tone::Muted);
    m_state->setFixedWidth(72);
    m_bar = new ProgressLine;
    m_bar->setSeries(run.series);
    m_bar->setMinimumWidth(80);
    m_bar->setMaximumWidth(480);
    m_percent = new NumberLabel;
    m_percent->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_percent->reserve(QStringLiteral("100 %"));
    m_pace = new NumberLabel({}, NumberLabel::Tone::Muted);
    m_pace->reserve(QStringLiteral("888 it/s · 88 to 88 s left"));
    m_top1 = new NumberLabel;
    m_top1->reserve(QStringLiteral("top-1 88.8 %"));
    m_message = new ElidedLabel({}, ElidedLabel::Tone::Error);
    m_message->setElideMode(Qt::ElideRight);

    const auto button = [this, &run](const QString& word, const char* name) {
        auto* b = new QPushButton(word, this);
        b->setObjectName(QStringLiteral("%1-%2").arg(QLatin1String(name)).arg(run.id));
        b->setAccessibleName(QStringLiteral("%1: %2").arg(word, run.label));
        return b;
    };
    pause = button(JobTable::tr("Pause"), "pauseRun");
    stop = button(JobTable::tr("Stop"), "stopRun");
    save = button(JobTable::tr("Export…"), "exportRun");
    // As wide as "Resume", so that nothing moves when the word changes.
    const QFontMetrics metrics(font());
    pause->setFixedWidth(metrics.horizontalAdvance(JobTable::tr("Resume")) + 2 * Theme::padding);
    stop->setFixedWidth(metrics.horizontalAdvance(JobTable::tr("Stop")) + 2 * Theme::padding);
    save->setFixedWidth(metrics.horizontalAdvance(JobTable::tr("Export…")) + 2 * Theme::padding);
    save->hide();
    // One place of fixed width for the buttons of either state, so that the columns before it stay in line.
    auto* actions = new QWidget;
    auto* actionLine = new QHBoxLayout(actions);
    actionLine->setContentsMargins(0, 0, 0, 0);
    actionLine->setSpacing(Theme::space);
    actionLine->addStretch(1);
    for (QPushButton* b : {pause, stop, save})
        actionLine->addWidget(b);
    actions->setFixedWidth(std::max(pause->width() + Theme::space + stop->width(), save->width()));

    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(Theme::padding, 0, Theme::padding, 0);
    line->setSpacing(Theme::padding);
    line->addWidget(m_mark);
    line->addWidget(m_label, 3);
    line->addWidget(m_state);
    auto* numbers = new QWidget;
    auto* numberLine = new QHBoxLayout(numbers);
    numberLine->setContentsMargins(0, 0, 0, 0);
    numberLine->setSpacing(Theme::padding);
    numberLine->addWidget(m_bar, 1);
    numberLine->addWidget(m_percent);
    numberLine->addWidget(m_pace);
    numberLine->addWidget(m_top1);
    // A failure's sentence takes the place of the numbers.
    m_middle = new QStackedWidget;
    m_middle->addWidget(numbers);
    m_middle->addWidget(m_message);
    line->addWidget(m_middle, 5);
    line->addWidget(actions);
    update(RunSnapshot{});
}

void JobRow::update(const RunSnapshot& run) {
    state = run.state;
    const bool failed = hasFailed(run.state);
    const bool active = isActive(run.state);
    m_state->setText(stateText(run.state));
    m_state->setTone(failed ? ElidedLabel::Tone::Error
                            : run.state == RunState::Done ? ElidedLabel::Tone::Fine : ElidedLabel::Tone::Muted);
    m_bar->setShare(runShare(run));
    m_percent->setText(run.state == RunState::Done ? QStringLiteral("100 %") : percentText(run));
    m_pace->setText(active ? paceText(run) : m_seconds > 0 ? durationText(m_seconds) : QString());
    m_top1->setText(run.lastTop1 < 0 ? QString()
                                     : JobTable::tr("top-1 %1 %").arg(100 * run.lastTop1, 0, 'f', 1));
    const bool told = failed && !run.message.empty();
    m_message->setText(told ? QString::fromStdString(run.message) : QString());
    m_middle->setCurrentIndex(told ? 1 : 0);
    pause->setText(run.state == RunState::Paused ? JobTable::tr("Resume") : JobTable::tr("Pause"));
    pause->setEnabled(run.state == RunState::Running || run.state == RunState::Paused);
    pause->setVisible(active);
    stop->setVisible(active);
    // A diverged run keeps its last finite weights.
    save->setVisible(run.state == RunState::Done || run.state == RunState::Stopped ||
                     run.state == RunState::Diverged);
}

} // namespace

class JobTable::Private {
public:
    [[nodiscard]] JobRow* find(int id) const {
        const auto at = std::ranges::find(rows, id, &JobRow::id);
        return at == rows.end() ? nullptr : *at;
    }
    void tell() const {
        const auto active = std::ranges::count_if(rows, [](const JobRow* r) { return isActive(r->state); });
        title->setDetail(rows.empty()  ? QString()
                         : active == 0 ? JobTable::tr("%1 finished").arg(rows.size())
                                       : JobTable::tr("%1 under way, %2 finished")
                                             .arg(active)
                                             .arg(rows.size() - static_cast<std::size_t>(active)));
        empty->setVisible(rows.empty());
    }

    std::vector<JobRow*> rows;
    SectionTitle* title = nullptr;
    QVBoxLayout* list = nullptr;
    QLabel* empty = nullptr;
};

JobTable::JobTable(QWidget* parent) : QWidget(parent), d(new Private) {
    d->title = new SectionTitle(tr("Jobs"));
    auto* content = new QWidget;
    d->list = new QVBoxLayout(content);
    d->list->setContentsMargins(0, 0, 0, Theme::tight);
    d->list->setSpacing(0);
    d->empty = new QLabel(tr("No runs yet. Each run keeps its row here, with its weights ready to export."));
    d->empty->setContentsMargins(Theme::padding, Theme::tight, Theme::padding, 0);
    d->empty->setForegroundRole(QPalette::PlaceholderText);
    d->list->addWidget(d->empty);
    d->list->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(d->title);
    column->addWidget(scroll, 1);
    setMinimumHeight(68);
}

JobTable::~JobTable() { delete d; }

void JobTable::addRun(const RunRow& run) {
    if (d->find(run.id) != nullptr)
        return;
    auto* row = new JobRow(run);
    const int id = run.id;
    connect(row->pause, &QPushButton::clicked, this, [this, row, id] {
        if (row->state == RunState::Paused)
            emit resumeRequested(id);
        else
            emit pauseRequested(id);
    });
    connect(row->stop, &QPushButton::clicked, this, [this, id] { emit stopRequested(id); });
    connect(row->save, &QPushButton::clicked, this, [this, id] { emit exportRequested(id); });
    row->onClick = [this, id] { emit clicked(id); };
    // Newest first, but a run above its twin, which comes after it.
    const int above = run.dashed ? 1 : 0;
    d->list->insertWidget(std::min(above, int(d->rows.size())), row);
    d->rows.push_back(row);
    d->tell();
}

void JobTable::removeRun(int id) {
    if (JobRow* row = d->find(id)) {
        std::erase(d->rows, row);
        row->deleteLater();
        d->tell();
    }
}

void JobTable::updateRun(int id, const RunSnapshot& snapshot) {
    if (JobRow* row = d->find(id)) {
        row->update(snapshot);
        d->tell();
    }
}

void JobTable::setDuration(int id, double seconds) {
    if (JobRow* row = d->find(id))
        row->setDuration(seconds);
}

} // namespace heirloom
