// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/HeatmapView.h"

#include "widgets/Theme.h"
#include "widgets/plots/HeatmapPainter.h"
#include "widgets/plots/StemPainter.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr double largestCell = 96; ///< px, where zooming in stops

} // namespace

HeatmapView::HeatmapView(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setCursor(Qt::CrossCursor);
}

void HeatmapView::setContent(std::shared_ptr<const HeatmapContent> content) {
    if (content && (content->rows() < 1 || content->columns() < 1))
        content = nullptr;
    m_content = std::move(content);
    m_crosshair = {};
    m_image = {};
    update();
}

void HeatmapView::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void HeatmapView::setHeatmapStyle(const HeatmapStyle& style) {
    m_style = style;
    m_image = {};
    update();
}

void HeatmapView::setPart(const HeatmapPart& part) {
    const HeatmapPart wanted = clamped(part);
    if (wanted == m_part)
        return;
    m_part = wanted;
    m_image = {};
    update();
}

void HeatmapView::setCrosshair(std::optional<PlaneCell> cell) {
    if (cell == m_crosshair)
        return;
    m_crosshair = cell;
    update();
}

QRect HeatmapView::mapRect() const { return heatmapRect(rect()); }

QPointF HeatmapView::cellCentre(PlaneCell cell) const {
    if (!m_content)
        return {};
    const QRect map = mapRect();
    const double x =
        ((static_cast<double>(cell.column) + 0.5) / static_cast<double>(m_content->columns()) -
         m_part.left()) /
        m_part.width();
    const double y =
        ((static_cast<double>(cell.row) + 0.5) / static_cast<double>(m_content->rows()) -
         m_part.top()) /
        m_part.height();
    return {map.left() + x * map.width(), map.top() + y * map.height()};
}

std::optional<PlaneCell> HeatmapView::cellAt(QPointF position) const {
    const QRectF map = mapRect();
    if (!m_content || !map.contains(position))
        return {};
    const double x = m_part.left() + (position.x() - map.left()) / map.width() * m_part.width();
    const double y = m_part.top() + (position.y() - map.top()) / map.height() * m_part.height();
    return PlaneCell{
        std::clamp(static_cast<std::int64_t>(y * static_cast<double>(m_content->rows())),
                   std::int64_t{0},
                   m_content->rows() - 1),
        std::clamp(static_cast<std::int64_t>(x * static_cast<double>(m_content->columns())),
                   std::int64_t{0},
                   m_content->columns() - 1)};
}

HeatmapPart HeatmapView::clamped(HeatmapPart part) const {
    // The smallest window shows cells of largestCell, never more than the whole.
    const QRect map = mapRect();
    const double rows = m_content ? static_cast<double>(m_content->rows()) : 1;
    const double columns = m_content ? static_cast<double>(m_content->columns()) : 1;
    const double wide = std::clamp(
        part.width(), std::min(1.0, std::max(map.width(), 1) / (largestCell * columns)), 1.0);
    const double tall = std::clamp(
        part.height(), std::min(1.0, std::max(map.height(), 1) / (largestCell * rows)), 1.0);
    return {
        std::clamp(part.left(), 0.0, 1 - wide), std::clamp(part.top(), 0.0, 1 - tall), wide, tall};
}

void HeatmapView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QRect map = mapRect();
    if (!m_content || map.width() < 2 || map.height() < 2) {
        painter.fillRect(map, theme().window);
        painter.setPen(theme().muted);
        painter.drawText(map.adjusted(Theme::padding, 0, -Theme::padding, 0),
                         Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    if (m_content->rows() == 1) {
        paintStems(painter, *m_content, m_part, map, m_style);
    } else {
        if (m_image.isNull() || m_image.size() != map.size() * devicePixelRatio()) {
            const ColourTable colours = m_style.mode == CellMode::Rms
                                            ? ColourTable::magnitude()
                                            : ColourTable::diverging(theme());
            m_image =
                heatmapImage(*m_content, m_part, map.size() * devicePixelRatio(), m_style, colours);
        }
        painter.drawImage(map, m_image);
        paintRulers(painter, *m_content, m_part, map);
        paintMarginals(painter, *m_content, m_part, map);
        painter.setClipRect(map);
        paintValues(painter, *m_content, m_part, map, m_style);
        painter.setClipping(false);
    }
    if (m_crosshair && m_content->rows() == 1)
        painter.fillRect(QRectF(cellCentre(*m_crosshair).x(), map.top(), 1, map.height()),
                         theme().text);
    else if (m_crosshair)
        paintCrosshair(painter, *m_content, m_part, map, *m_crosshair);
    if (hasFocus() && focusPolicy() != Qt::NoFocus) {
        painter.setPen(QPen(theme().accent, 1));
        painter.drawRect(map.adjusted(-1, -1, 0, 0));
    }
}

void HeatmapView::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragFrom && m_content) {
        const QPoint moved = event->pos() - *m_dragFrom;
        const QRect map = mapRect();
        m_dragFrom = event->pos();
        emit partRequested(clamped(m_part.translated(-moved.x() * m_part.width() / map.width(),
                                                     -moved.y() * m_part.height() / map.height())));
        return;
    }
    if (const auto cell = cellAt(event->position()))
        emit cellPointed(*cell);
    else
        emit cellLeft();
}

void HeatmapView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !mapRect().contains(event->pos()))
        return;
    m_dragFrom = event->pos();
    if (m_part.width() < 1 || m_part.height() < 1)
        setCursor(Qt::ClosedHandCursor);
}

void HeatmapView::mouseReleaseEvent(QMouseEvent*) {
    m_dragFrom = {};
    setCursor(Qt::CrossCursor);
}

void HeatmapView::mouseDoubleClickEvent(QMouseEvent*) {
    emit partRequested(HeatmapPart(0, 0, 1, 1));
}

void HeatmapView::zoom(double factor, QPointF at) {
    if (!m_content)
        return;
    const QRectF map = mapRect();
    const double x = std::clamp((at.x() - map.left()) / map.width(), 0.0, 1.0);
    const double y = std::clamp((at.y() - map.top()) / map.height(), 0.0, 1.0);
    HeatmapPart part = clamped({0, 0, m_part.width() * factor, m_part.height() * factor});
    part.moveTo(m_part.left() + x * (m_part.width() - part.width()),
                m_part.top() + y * (m_part.height() - part.height()));
    emit partRequested(clamped(part));
}

void HeatmapView::wheelEvent(QWheelEvent* event) {
    if (event->angleDelta().y() == 0)
        return;
    zoom(std::pow(0.8, event->angleDelta().y() / 120.0), event->position());
    event->accept();
}

void HeatmapView::keyPressEvent(QKeyEvent* event) {
    if (!m_content) {
        QWidget::keyPressEvent(event);
        return;
    }
    const QPointF middle = m_crosshair ? cellCentre(*m_crosshair) : QPointF(mapRect().center());
    PlaneCell cell = m_crosshair.value_or(cellAt(middle).value_or(PlaneCell{}));
    switch (event->key()) {
    case Qt::Key_Left:
        --cell.column;
        break;
    case Qt::Key_Right:
        ++cell.column;
        break;
    case Qt::Key_Up:
        --cell.row;
        break;
    case Qt::Key_Down:
        ++cell.row;
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(0.8, middle);
        return;
    case Qt::Key_Minus:
        zoom(1.25, middle);
        return;
    case Qt::Key_Home:
        emit partRequested(HeatmapPart(0, 0, 1, 1));
        return;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    emit cellPointed({std::clamp(cell.row, std::int64_t{0}, m_content->rows() - 1),
                      std::clamp(cell.column, std::int64_t{0}, m_content->columns() - 1)});
}

void HeatmapView::leaveEvent(QEvent*) { emit cellLeft(); }

void HeatmapView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        m_image = {};
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace heirloom
