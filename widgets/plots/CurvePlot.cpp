// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CurvePlot.h"

#include "widgets/Theme.h"
#include "widgets/plots/CurveItems.h"
#include "widgets/plots/CurveOverlayPainter.h"
#include "widgets/plots/CurveSet.h"

#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <memory>

namespace heirloom {

namespace {

constexpr int refreshMs = 50; // 20 Hz
constexpr int leftMargin = 52; // the same in every plot, so that stacked ones share their x axis

} // namespace

class CurvePlot::Private {
public:
    explicit Private(CurvePlot* owner, CurveUnit valueUnit) : q(owner), unit(valueUnit) {}

    void build();
    void restyle();
    void fit();
    void scheduleRedraw();
    void redraw();
    void paintOverlay(QPainter& painter) const;
    void setFollowing(bool value);

    CurvePlot* q;
    CurveUnit unit;
    std::unique_ptr<CurveSet> curves;
    std::optional<CurveNote> note;
    std::optional<double> cursor;
    QString emptyText;
    bool following = true;
    bool dirty = true;
    QCustomPlot* plot = nullptr;
    CurveOverlay* overlay = nullptr;
    QSharedPointer<CurveTicker> keyTicker;
    QTimer* timer = nullptr;
};

void CurvePlot::Private::build() {
    plot = new QCustomPlot(q);
    plot->setObjectName(QStringLiteral("plotArea"));
    curves = std::make_unique<CurveSet>(*plot);
    plot->setPlottingHints(QCP::phFastPolylines | QCP::phCacheLabels);
    plot->setNoAntialiasingOnDrag(true);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->setMouseTracking(true);
    plot->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(q);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(plot);

    QCPAxisRect* area = plot->axisRect();
    area->setAutoMargins(QCP::msNone);
    area->setMargins(QMargins(leftMargin, Theme::tight, Theme::group, 24));
    area->setRangeZoomFactor(0.85);
    for (QCPAxis* a : {plot->xAxis, plot->yAxis}) {
        a->setBasePen(Qt::NoPen);
        a->setTickPen(Qt::NoPen);
        a->setSubTickPen(Qt::NoPen);
        a->setTickLabelPadding(6);
    }
    plot->xAxis->grid()->setVisible(false);
    plot->yAxis->grid()->setZeroLinePen(Qt::NoPen);
    keyTicker.reset(new CurveTicker(CurveTicker::Kind::Whole));
    keyTicker->setTickCount(6);
    plot->xAxis->setTicker(keyTicker);
    const QSharedPointer<CurveTicker> valueTicker(
        new CurveTicker(unit == CurveUnit::Share ? CurveTicker::Kind::Share : CurveTicker::Kind::Number));
    valueTicker->setTickCount(5);
    plot->yAxis->setTicker(valueTicker);

    // A layer with its own buffer: the hover cursor moves without drawing the curves again.
    plot->addLayer(QStringLiteral("notes"), nullptr, QCustomPlot::limAbove);
    plot->layer(QStringLiteral("notes"))->setMode(QCPLayer::lmBuffered);
    overlay = new CurveOverlay(plot, [this](QPainter& painter) { paintOverlay(painter); });
    overlay->setLayer(QStringLiteral("notes"));

    timer = new QTimer(q);
    timer->setSingleShot(true);
    timer->setInterval(refreshMs);
    QObject::connect(timer, &QTimer::timeout, q, [this] { redraw(); });
    plot->installEventFilter(q);
    restyle();
}

void CurvePlot::Private::restyle() {
    const Theme& t = theme();
    plot->setBackground(QBrush(t.surface));
    for (QCPAxis* a : {plot->xAxis, plot->yAxis}) {
        a->setTickLabelColor(t.muted);
        a->setTickLabelFont(smallFont());
    }
    plot->yAxis->grid()->setPen(QPen(blended(t.border, t.surface, 0.6), 1));
    curves->restyle();
    scheduleRedraw();
}

void CurvePlot::Private::fit() {
    const QCPRange range = curves->valueRange().value_or(QCPRange(0, 1));
    const double pad = range.size() > 0 ? 0.06 * range.size() : std::max(0.05, 0.05 * std::abs(range.upper));
    double low = range.lower - pad;
    double high = range.upper + pad;
    if (unit == CurveUnit::Share) {
        low = std::max(low, 0.0);
        high = std::min(high, 1.005); // the line at 100 % keeps its width
    }
    plot->yAxis->setRange(low, high);
    plot->xAxis->setRange(0, curves->end() > 0 ? curves->end() : 1);
}

void CurvePlot::Private::scheduleRedraw() {
    dirty = true;
    if (q->isVisible() && !timer->isActive())
        timer->start();
}

void CurvePlot::Private::redraw() {
    if (!dirty)
        return;
    dirty = false;
    if (following)
        fit();
    const bool values = curves->hasValues();
    plot->xAxis->setTickLabels(values);
    plot->yAxis->setTickLabels(values);
    plot->yAxis->grid()->setVisible(values);
    plot->replot(QCustomPlot::rpQueuedRefresh);
    q->setAccessibleDescription(q->summary());
}

void CurvePlot::Private::paintOverlay(QPainter& painter) const {
    const QRect area = plot->axisRect()->rect();
    if (!curves->hasValues()) {
        painter.setPen(theme().muted);
        painter.setFont(q->font());
        painter.drawText(plot->rect(), Qt::AlignCenter | Qt::TextWordWrap, emptyText);
        return;
    }
    const auto toPixel = [this](double key, double value) {
        return QPointF(plot->xAxis->coordToPixel(key), plot->yAxis->coordToPixel(value));
    };
    CurveOverlayPainter overlayPainter(painter, area, unit, curves->axis(), toPixel, curves->overlay());
    overlayPainter.drawGaps();
    if (note)
        overlayPainter.drawNote(*note, keyOf(note->at, curves->axis()), curves->smoothing() > 0);
    if (cursor)
        overlayPainter.drawCursor(*cursor);
}

void CurvePlot::Private::setFollowing(bool value) {
    if (following == value)
        return;
    following = value;
    emit q->followingChanged(value);
}

CurvePlot::CurvePlot(CurveUnit unit, QWidget* parent) : QWidget(parent), d(new Private(this, unit)) {
    setFocusPolicy(Qt::StrongFocus);
    d->build();
    connect(d->plot, &QCustomPlot::mouseDoubleClick, this, [this] { resetView(); });
    // Only the user's own change of a range ends the following: these come while a button or the wheel acts.
    connect(d->plot, &QCustomPlot::mouseWheel, this, [this] { d->setFollowing(false); });
    connect(d->plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (event->buttons() & Qt::LeftButton)
            d->setFollowing(false);
        const QRect area = d->plot->axisRect()->rect();
        if (!area.contains(event->pos())) {
            setCursor(std::nullopt);
            emit cursorLeft();
            return;
        }
        const double x = d->plot->xAxis->pixelToCoord(event->pos().x());
        setCursor(x);
        emit cursorMoved(x);
    });
}

CurvePlot::~CurvePlot() { delete d; }

void CurvePlot::addCurve(int id, const QString& name, int series, bool dashed) {
    if (d->curves->add(id, name, series, dashed))
        d->scheduleRedraw();
}

void CurvePlot::removeCurve(int id) {
    if (d->curves->remove(id))
        d->scheduleRedraw();
}

void CurvePlot::append(int id, const std::vector<CurvePoint>& points) {
    if (d->curves->append(id, points))
        d->scheduleRedraw();
}

void CurvePlot::setPlannedEnd(int id, double step, double epoch) {
    if (d->curves->setPlannedEnd(id, step, epoch))
        d->scheduleRedraw();
}

void CurvePlot::setEmphasis(const std::vector<int>& ids) {
    if (d->curves->emphasis() == ids)
        return;
    d->curves->setEmphasis(ids);
    d->scheduleRedraw();
}

void CurvePlot::setAxis(CurveAxis axis) {
    if (d->curves->axis() == axis)
        return;
    d->cursor.reset();
    d->setFollowing(true); // the old range means nothing on the new axis
    d->curves->setAxis(axis);
    d->keyTicker->setKind(axis == CurveAxis::Seconds ? CurveTicker::Kind::Number : CurveTicker::Kind::Whole);
    d->scheduleRedraw();
}

CurveAxis CurvePlot::axis() const { return d->curves->axis(); }

void CurvePlot::setSmoothing(double weight) {
    weight = std::clamp(weight, 0.0, 0.999);
    if (d->curves->smoothing() == weight)
        return;
    d->curves->setSmoothing(weight);
    d->scheduleRedraw();
}

double CurvePlot::smoothing() const { return d->curves->smoothing(); }

void CurvePlot::setNote(const std::optional<CurveNote>& note) {
    d->note = note;
    d->scheduleRedraw();
}

void CurvePlot::setEmptyText(const QString& text) {
    d->emptyText = text;
    d->scheduleRedraw();
}

void CurvePlot::setCursor(std::optional<double> x) {
    if (d->cursor == x)
        return;
    d->cursor = x;
    d->plot->layer(QStringLiteral("notes"))->replot();
}

void CurvePlot::resetView() {
    d->setFollowing(true);
    d->scheduleRedraw();
}

bool CurvePlot::isFollowing() const { return d->following; }

QString CurvePlot::summary() const { return d->curves->summary(d->unit); }

void CurvePlot::redrawNow() {
    d->timer->stop();
    d->dirty = true;
    d->redraw();
    d->plot->replot(QCustomPlot::rpImmediateRefresh);
}

void CurvePlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        d->restyle();
    QWidget::changeEvent(event);
}

void CurvePlot::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (d->dirty)
        d->redraw();
}

bool CurvePlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched == d->plot && event->type() == QEvent::Leave) {
        setCursor(std::nullopt);
        emit cursorLeft();
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace heirloom
