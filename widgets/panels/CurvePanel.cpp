// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/CurvePanel.h"

#include "widgets/Theme.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/panels/RunLegend.h"

#include <QActionGroup>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>
#include <utility>

namespace heirloom {

class CurvePanel::Private {
public:
    QToolButton* menuButton(const char* name) const {
        auto* button = new QToolButton;
        button->setObjectName(QLatin1String(name) + QLatin1Char('-') + word);
        button->setAutoRaise(true);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setProperty("quiet", true);
        return button;
    }

    QString word;   ///< of the object names
    SectionTitle* title = nullptr;
    RunLegend* legend = nullptr;
    QToolButton* follow = nullptr;
    QToolButton* smoothing = nullptr;
    QToolButton* axis = nullptr;
    CurvePlot* plot = nullptr;
};

CurvePanel::CurvePanel(const QString& title, const QString& detail, CurveUnit unit, QWidget* parent)
    : QWidget(parent), d(new Private) {
    d->word = title;
    d->title = new SectionTitle(title, detail);
    d->title->setPadding(Theme::padding, Theme::tight);
    d->legend = new RunLegend;
    d->plot = new CurvePlot(unit);
    d->plot->setObjectName(QStringLiteral("plot-%1").arg(title));
    d->plot->setAccessibleName(title);

    d->follow = d->menuButton("follow");
    d->follow->setText(tr("Follow"));
    d->follow->setToolTip(tr("Show the whole curve again (double click)"));
    d->follow->hide();

    d->smoothing = d->menuButton("smoothing");
    auto* weights = new QMenu(d->smoothing);
    auto* weightGroup = new QActionGroup(weights);
    for (const double w : {0.0, 0.3, 0.6, 0.9, 0.99}) {
        QAction* action = weights->addAction(w > 0 ? QString::number(w) : tr("Off"));
        action->setCheckable(true);
        action->setData(w);
        weightGroup->addAction(action);
        connect(action, &QAction::triggered, this, [this, w] { setSmoothing(w); });
    }
    d->smoothing->setMenu(weights);
    d->smoothing->setToolTip(tr("Exponential smoothing, as TensorBoard does it; the values lie pale behind"));

    d->axis = d->menuButton("axis");
    auto* axes = new QMenu(d->axis);
    auto* axisGroup = new QActionGroup(axes);
    const std::array<std::pair<CurveAxis, QString>, 3> choices = {
        {{CurveAxis::Step, tr("step")}, {CurveAxis::Epoch, tr("epoch")}, {CurveAxis::Seconds, tr("time, s")}}};
    for (const auto& [axis, word] : choices) {
        QAction* action = axes->addAction(word);
        action->setCheckable(true);
        action->setData(int(axis));
        axisGroup->addAction(action);
        connect(action, &QAction::triggered, this, [this, axis = axis] { emit axisChosen(axis); });
    }
    d->axis->setMenu(axes);
    d->axis->setToolTip(tr("What runs along the x axis"));

    d->title->addWidget(d->legend);
    d->title->addWidget(d->follow);
    d->title->addWidget(d->smoothing);
    d->title->addWidget(d->axis);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(d->title);
    column->addWidget(d->plot, 1);
    setAxis(d->plot->axis());
    setSmoothing(d->plot->smoothing());

    connect(d->follow, &QToolButton::clicked, d->plot, &CurvePlot::resetView);
    connect(d->plot, &CurvePlot::followingChanged, this, [this](bool following) { d->follow->setVisible(!following); });
    connect(d->legend, &RunLegend::runClicked, this, &CurvePanel::runClicked);
}

CurvePanel::~CurvePanel() { delete d; }

CurvePlot* CurvePanel::plot() const { return d->plot; }

void CurvePanel::addRun(const RunRow& run) {
    d->legend->addRun(run);
    d->plot->addCurve(run.id, run.label, run.series, run.dashed);
}

void CurvePanel::removeRun(int id) {
    d->legend->removeRun(id);
    d->plot->removeCurve(id);
}

void CurvePanel::setAxis(CurveAxis axis) {
    d->plot->setAxis(axis);
    for (QAction* action : d->axis->menu()->actions()) {
        action->setChecked(action->data().toInt() == int(axis));
        if (action->isChecked())
            d->axis->setText(action->text());
    }
}

void CurvePanel::setSmoothing(double weight) {
    d->plot->setSmoothing(weight);
    d->smoothing->setText(weight > 0 ? tr("smoothing %1").arg(weight) : tr("not smoothed"));
    for (QAction* action : d->smoothing->menu()->actions())
        action->setChecked(action->data().toDouble() == weight);
}

void CurvePanel::setEmphasis(const std::vector<int>& ids) {
    d->plot->setEmphasis(ids);
    d->legend->setEmphasis(ids);
}

} // namespace heirloom
