// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/JobStrip.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/NumberLabel.h"
#include "widgets/controls/ProgressLine.h"

#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>

namespace heirloom {

class JobStrip::Private {
public:
    int id = -1;
    RunState state = RunState::Waiting;
    SeriesMark* mark = nullptr;
    ElidedLabel* label = nullptr;
    ProgressLine* bar = nullptr;
    NumberLabel* percent = nullptr;
    NumberLabel* pace = nullptr;
    Sparkline* spark = nullptr;
    NumberLabel* count = nullptr;
    QPushButton* pause = nullptr;
    QPushButton* stop = nullptr;
};

JobStrip::JobStrip(QWidget* parent) : QWidget(parent), d(new Private) {
    setObjectName(QStringLiteral("jobStrip"));
    setFixedHeight(38);
    setCursor(Qt::PointingHandCursor);
    d->mark = new SeriesMark;
    d->label = new ElidedLabel;
    d->label->setFont(titleFont());
    d->label->setMaximumWidth(260);
    d->bar = new ProgressLine;
    d->bar->setFixedWidth(150);
    d->percent = new NumberLabel;
    d->percent->reserve(QStringLiteral("100 %"));
    d->pace = new NumberLabel({}, NumberLabel::Tone::Muted);
    d->pace->reserve(QStringLiteral("888 it/s · 88 to 88 min left"));
    d->spark = new Sparkline;
    d->spark->setToolTip(tr("Training loss of the last steps"));
    d->count = new NumberLabel({}, NumberLabel::Tone::Muted);
    d->pause = new QPushButton(tr("Pause"));
    d->pause->setObjectName(QStringLiteral("stripPause"));
    d->stop = new QPushButton(tr("Stop"));
    d->stop->setObjectName(QStringLiteral("stripStop"));
    // As wide as either word, so that nothing moves.
    const QFontMetrics metrics(d->pause->font());
    d->pause->setMinimumWidth(metrics.horizontalAdvance(tr("Resume")) + 2 * Theme::padding);
    for (QPushButton* button : {d->pause, d->stop})
        button->setCursor(Qt::ArrowCursor);

    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(Theme::padding, 1, Theme::padding, 0);
    line->setSpacing(Theme::padding);
    auto* name = new QHBoxLayout;
    name->setSpacing(Theme::space);
    name->addWidget(d->mark);
    name->addWidget(d->label);
    line->addLayout(name);
    line->addWidget(d->bar);
    line->addWidget(d->percent);
    line->addWidget(d->pace);
    line->addWidget(d->spark);
    line->addWidget(d->pause);
    line->addWidget(d->stop);
    line->addStretch(1);
    line->addWidget(d->count);
    hide();

    connect(d->pause, &QPushButton::clicked, this, [this] {
        if (d->state == RunState::Paused)
            emit resumeRequested(d->id);
        else
            emit pauseRequested(d->id);
    });
    connect(d->stop, &QPushButton::clicked, this, [this] { emit stopRequested(d->id); });
}

JobStrip::~JobStrip() { delete d; }

void JobStrip::setRun(const RunRow& run, const RunSnapshot& snapshot, const std::vector<double>& recentLoss) {
    d->id = run.id;
    d->state = snapshot.state;
    d->mark->setSeries(run.series, run.dashed);
    d->label->setText(run.label);
    d->bar->setSeries(run.series);
    d->bar->setShare(runShare(snapshot));
    d->percent->setText(percentText(snapshot));
    const QString pace = paceText(snapshot);
    d->pace->setText(pace.isEmpty() ? stateText(snapshot.state) : pace);
    d->spark->setValues(recentLoss, run.series);
    d->pause->setText(snapshot.state == RunState::Paused ? tr("Resume") : tr("Pause"));
    d->pause->setEnabled(snapshot.state == RunState::Running || snapshot.state == RunState::Paused);
    d->stop->setEnabled(isActive(snapshot.state));
}

void JobStrip::setRunCount(int active) {
    d->count->setText(active > 1 ? tr("%1 runs").arg(active) : QString());
}

void JobStrip::clear() {
    d->id = -1;
    hide();
}

void JobStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().surface);
    painter.fillRect(QRect(0, 0, width(), 1), theme().border);
}

void JobStrip::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->pos()) && d->id >= 0)
        emit clicked(d->id);
}

} // namespace heirloom
