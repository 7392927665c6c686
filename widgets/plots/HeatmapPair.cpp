// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/HeatmapPair.h"

#include "widgets/Theme.h"
#include "widgets/controls/Pill.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/plots/HeatmapPainter.h"
#include "widgets/plots/HeatmapView.h"
#include "widgets/plots/RangeBar.h"

#include <QComboBox>
#include <QGridLayout>
#include <QKeyEvent>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

QToolButton* switchButton(const QString& word,
                          const QString& name,
                          const QString& toolTip,
                          QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setObjectName(name);
    button->setText(word);
    button->setToolTip(toolTip);
    button->setAccessibleName(word);
    button->setCheckable(true);
    button->setAutoRaise(true);
    return button;
}

std::int64_t countBeyond(const Plane& plane, float range) {
    return std::ranges::count_if(plane.values,
                                 [range](float value) { return std::abs(value) > range; });
}

} // namespace

HeatmapPair::HeatmapPair(QWidget* parent)
    : QWidget(parent), m_teacherTitle(new SectionTitle(tr("Teacher"), {}, this)),
      m_studentTitle(new SectionTitle(tr("Student"), {}, this)), m_teacher(new HeatmapView(this)),
      m_student(new HeatmapView(this)), m_bar(new RangeBar(this)),
      m_clipped(new Pill({}, Pill::Tone::Warning, this)), m_mode(new QComboBox(this)),
      m_sort(switchButton(tr("Sort"),
                          QStringLiteral("sortByNorm"),
                          tr("Sort rows and columns by their norm, rows inside Q, K and V (N)"),
                          this)),
      m_lock(switchButton(tr("Lock range"),
                          QStringLiteral("lockRange"),
                          tr("Keep this colour range when another layer is shown (L)"),
                          this)) {
    build();
    link(m_teacher);
    link(m_student);
    connect(m_bar, &RangeBar::rangeRequested, this, &HeatmapPair::setRange);
    connect(m_mode, &QComboBox::activated, this, [this](int index) {
        setMode(static_cast<CellMode>(m_mode->itemData(index).toInt()));
    });
    connect(m_sort, &QToolButton::toggled, this, &HeatmapPair::arrange);
    setView(nullptr);
}

void HeatmapPair::build() {
    m_teacher->setObjectName(QStringLiteral("teacherHeatmap"));
    m_teacher->setAccessibleName(tr("Teacher's weights"));
    m_student->setObjectName(QStringLiteral("studentHeatmap"));
    m_student->setAccessibleName(tr("Student's weights"));
    m_clipped->setObjectName(QStringLiteral("clippedPill"));
    m_mode->setObjectName(QStringLiteral("cellMode"));
    m_mode->setAccessibleName(tr("What a display cell shows"));
    m_mode->setToolTip(tr("What a display cell shows of the weights under it (M)"));
    m_mode->addItem(tr("Extremes"), static_cast<int>(CellMode::Extremes));
    m_mode->addItem(tr("Mean"), static_cast<int>(CellMode::Mean));
    m_mode->addItem(tr("RMS"), static_cast<int>(CellMode::Rms));
    m_mode->setFrame(false);
    m_teacherTitle->setFixedHeight(Theme::controlHeight);
    m_studentTitle->setFixedHeight(Theme::controlHeight);
    m_teacherTitle->setPadding(0, 0);
    m_studentTitle->setPadding(0, 0);
    m_teacherTitle->addWidget(m_clipped);
    m_studentTitle->addWidget(m_sort);
    m_studentTitle->addWidget(m_lock);
    m_studentTitle->addWidget(m_mode);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(Theme::padding, 0, Theme::padding, Theme::tight);
    grid->setHorizontalSpacing(0);
    grid->setVerticalSpacing(0);
    grid->addWidget(m_teacherTitle, 0, 0);
    grid->addWidget(m_studentTitle, 0, 2);
    grid->addWidget(m_teacher, 1, 0);
    grid->addWidget(m_bar, 1, 1);
    grid->addWidget(m_student, 1, 2);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(2, 1);
    grid->setRowStretch(1, 1);
}

void HeatmapPair::link(HeatmapView* one) {
    connect(one, &HeatmapView::partRequested, this, [this](const QRectF& wanted) {
        // Both stop zooming where the first of them does, or they would come apart.
        const QRectF part = m_student->clamped(m_teacher->clamped(wanted));
        m_teacher->setPart(part);
        m_student->setPart(part);
    });
    connect(one, &HeatmapView::cellPointed, this, [this, one](const PlaneCell& cell) {
        point(one, cell);
    });
    connect(one, &HeatmapView::cellLeft, this, &HeatmapPair::leave);
}

void HeatmapPair::setView(std::shared_ptr<const ParameterView> view) {
    const bool other = !m_view || !view || view->student != m_view->student;
    m_view = std::move(view);
    leave();
    m_arranging.cancel();
    if (other) {
        m_teacher->setPart({0, 0, 1, 1});
        m_student->setPart({0, 0, 1, 1});
    }
    const bool any = m_view != nullptr;
    for (QWidget* part : {static_cast<QWidget*>(m_mode),
                          static_cast<QWidget*>(m_sort),
                          static_cast<QWidget*>(m_lock),
                          static_cast<QWidget*>(m_bar)})
        part->setEnabled(any);
    if (!any) {
        m_teacher->setEmptyText(tr("Choose a layer to see its weights"));
        m_student->setEmptyText({});
        m_teacherTitle->setDetail({});
        m_studentTitle->setDetail({});
        show({});
        m_clipped->setText({});
        return;
    }
    const PlaneView& measured =
        m_view->teacherPlane ? *m_view->teacherPlane : *m_view->studentPlane;
    m_bar->setHistogram(measured.histogram, m_view->range);
    m_teacher->setEmptyText(tr("Nothing is inherited: this parameter starts fresh"));
    m_teacherTitle->setDetail(m_view->teacherPlane ? tr("marked: what the student takes")
                                                   : tr("none"));
    m_studentTitle->setDetail(!m_view->teacherPlane ? tr("fresh")
                              : m_view->origin.rows.empty() || m_view->origin.columns.empty()
                                  ? tr("resampled")
                                  : tr("after selection"));
    setRange(m_lock->isChecked() && m_style.range > 0 ? m_style.range : m_view->range);
    arrange();
}

void HeatmapPair::arrange() {
    if (!m_view)
        return;
    const auto contentsOf = [](const ParameterView& view, HeatmapOrder order) {
        Contents contents;
        if (view.teacherPlane)
            contents.teacher = heatmapContent(*view.teacherPlane, &view.origin, order);
        contents.student = heatmapContent(*view.studentPlane, nullptr, order);
        return contents;
    };
    if (!m_sort->isChecked()) {
        m_arranging.cancel();
        show(contentsOf(*m_view, HeatmapOrder::Stored));
        return;
    }
    m_arranging.request(
        [view = m_view, contentsOf] { return contentsOf(*view, HeatmapOrder::ByNorm); },
        [this](const Contents& contents) { show(contents); });
}

void HeatmapPair::show(const Contents& contents) {
    leave();
    m_teacher->setContent(contents.teacher);
    m_student->setContent(contents.student);
}

void HeatmapPair::setBusy(bool busy) { setCursor(busy ? Qt::BusyCursor : Qt::ArrowCursor); }

void HeatmapPair::setRange(float range) {
    if (!m_view || !std::isfinite(range) || range <= 0)
        return;
    m_style.range = std::clamp(range, m_view->range * 1e-3F, m_view->range * 1e3F);
    m_bar->setRange(m_style.range);
    m_teacher->setHeatmapStyle(m_style);
    m_student->setHeatmapStyle(m_style);
    countClipped();
}

void HeatmapPair::setMode(CellMode mode) {
    m_style.mode = mode;
    m_mode->setCurrentIndex(m_mode->findData(static_cast<int>(mode)));
    m_bar->setMode(mode);
    m_teacher->setHeatmapStyle(m_style);
    m_student->setHeatmapStyle(m_style);
}

void HeatmapPair::countClipped() {
    const auto plane = m_view->teacherPlane ? m_view->teacherPlane : m_view->studentPlane;
    const float range = m_style.range;
    m_counting.request(
        [plane, range] { return countBeyond(plane->pyramid->plane(), range); },
        [this, plane](std::int64_t count) {
            const TensorStats& stats = plane->stats;
            m_clipped->setText(count > 0 ? tr("%1 clipped").arg(groupedNumber(count)) : QString());
            const float largest = std::max(std::abs(stats.minimum), std::abs(stats.maximum));
            m_clipped->setToolTip(tr("%1 weights lie beyond the colour range; the largest is %2")
                                      .arg(groupedNumber(count), valueText(largest)));
        });
}

void HeatmapPair::point(const HeatmapView* on, PlaneCell displayed) {
    if (!m_view || on->content() == nullptr)
        return;
    const PlaneCell cell{on->content()->planeRow(displayed.row),
                         on->content()->planeColumn(displayed.column)};
    const bool onTeacher = on == m_teacher;
    const auto partner = onTeacher ? studentCellOf(*m_view, cell) : teacherCellOf(*m_view, cell);
    HeatmapView* here = onTeacher ? m_teacher : m_student;
    HeatmapView* there = onTeacher ? m_student : m_teacher;
    here->setCrosshair(displayed);
    const HeatmapContent* other = there->content();
    there->setCrosshair(partner && other != nullptr
                            ? std::optional(PlaneCell{other->shownRow(partner->row),
                                                      other->shownColumn(partner->column)})
                            : std::nullopt);
    m_cellText = onTeacher ? teacherCellText(*m_view, cell) : studentCellText(*m_view, cell);
    here->setAccessibleDescription(m_cellText);
    emit cellHovered(m_cellText);
}

void HeatmapPair::leave() {
    m_teacher->setCrosshair({});
    m_student->setCrosshair({});
    if (m_cellText.isEmpty())
        return;
    m_cellText.clear();
    emit cellHovered({});
}

void HeatmapPair::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_BracketLeft:
        setRange(m_style.range / 1.25F);
        break;
    case Qt::Key_BracketRight:
        setRange(m_style.range * 1.25F);
        break;
    case Qt::Key_A:
        setRange(m_view ? m_view->range : 0);
        break;
    case Qt::Key_L:
        m_lock->toggle();
        break;
    case Qt::Key_M:
        setMode(static_cast<CellMode>((static_cast<int>(m_style.mode) + 1) % 3));
        break;
    case Qt::Key_N:
        m_sort->toggle();
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void HeatmapPair::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_bar->setMargins(0,
                      HeatmapMargins::ticks + 2 * HeatmapMargins::gap + HeatmapMargins::columnBars);
}

} // namespace heirloom
