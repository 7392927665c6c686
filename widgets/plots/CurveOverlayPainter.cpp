// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CurveOverlayPainter.h"

#include "widgets/Theme.h"
#include "widgets/controls/NumberLabel.h"
#include "widgets/plots/LabelPlacement.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>
#include <utility>

namespace heirloom {

QString valueText(double value, CurveUnit unit) {
    if (std::isnan(value))
        return QStringLiteral("NaN");
    if (std::isinf(value))
        return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
    if (unit == CurveUnit::Share)
        return QString::number(100 * value, 'f', 1) + QChar(0x202F) + QLatin1Char('%');
    return QString::number(value, 'f', std::abs(value) < 1 ? 4 : 3);
}

CurveOverlayPainter::CurveOverlayPainter(QPainter& painter, const QRect& area, CurveUnit unit, CurveAxis axis,
                                         ToPixel toPixel, std::vector<OverlayCurve> curves)
    : m_painter(painter), m_area(area), m_unit(unit), m_axis(axis), m_toPixel(std::move(toPixel)),
      m_curves(std::move(curves)) {
    m_painter.setRenderHint(QPainter::Antialiasing);
}

void CurveOverlayPainter::drawGaps() {
    for (const OverlayCurve& curve : m_curves) {
        int lastX = -100;
        for (std::size_t i = 0; i < curve.keys.size(); ++i) {
            const double value = (*curve.points)[i].value;
            if (std::isfinite(value))
                continue;
            const double x = m_toPixel(curve.keys[i], 0).x();
            // One mark for a run of them: they would lie on one another.
            if (x < m_area.left() || x > m_area.right() || x - lastX < 8)
                continue;
            lastX = static_cast<int>(x);
            const double y = m_area.bottom() - 2;
            m_painter.setPen(Qt::NoPen);
            m_painter.setBrush(theme().seriesColour(curve.series));
            m_painter.drawPolygon(QPolygonF({{x - 5, y}, {x + 5, y}, {x, y - 9}}));
        }
    }
}

void CurveOverlayPainter::drawNote(const CurveNote& note, double key, bool rawShown) {
    const Theme& t = theme();
    const QPointF at = m_toPixel(key, note.at.value);
    if (!m_area.adjusted(-1, -1, 1, 1).contains(at.toPoint()))
        return; // panned out of view
    LabelPlacement room(m_area);
    const QPointF levelFrom(m_area.left(), at.y());
    const QPointF levelTo(m_area.right(), at.y());
    const QPointF foot(at.x(), m_area.bottom());
    room.addLine(levelFrom, levelTo);
    room.addLine(at, foot);
    for (const OverlayCurve& curve : m_curves) {
        for (std::size_t i = 1; i < curve.keys.size(); ++i) {
            room.addLine(m_toPixel(curve.keys[i - 1], (*curve.values)[i - 1]),
                         m_toPixel(curve.keys[i], (*curve.values)[i]));
            if (rawShown)
                room.addLine(m_toPixel(curve.keys[i - 1], (*curve.points)[i - 1].value),
                             m_toPixel(curve.keys[i], (*curve.points)[i].value));
        }
    }

    const auto dotted = [](const QColor& colour) {
        QPen pen(colour, 1, Qt::CustomDashLine, Qt::FlatCap);
        pen.setDashPattern({2, 3});
        return pen;
    };
    m_painter.setBrush(Qt::NoBrush);
    m_painter.setPen(dotted(t.seriesColour(note.lineSeries)));
    m_painter.drawLine(levelFrom, levelTo);
    m_painter.setPen(dotted(t.seriesColour(note.series)));
    m_painter.drawLine(at, foot);
    m_painter.setPen(QPen(t.surface, 1.5));
    m_painter.setBrush(t.seriesColour(note.series));
    m_painter.drawEllipse(at, 5, 5);

    const QFont font = titleFont();
    const QFontMetrics metrics(font);
    const QSize size(metrics.horizontalAdvance(note.text) + 8, metrics.height() + 2);
    const std::optional<QRect> place = room.place(size, at);
    if (!place)
        return; // the panel says the sentence too
    m_painter.fillRect(*place, t.surface); // no grid line through the words
    m_painter.setPen(t.text);
    m_painter.setFont(font);
    m_painter.drawText(*place, Qt::AlignCenter | Qt::TextSingleLine, note.text);
}

QString CurveOverlayPainter::keyText(double key) const {
    switch (m_axis) {
    case CurveAxis::Step: return QStringLiteral("step %1").arg(groupedNumber(std::llround(key)));
    case CurveAxis::Epoch: return QStringLiteral("epoch %1").arg(key, 0, 'f', 1);
    case CurveAxis::Seconds: return QStringLiteral("%1 s").arg(key, 0, 'f', 1);
    }
    return {};
}

void CurveOverlayPainter::drawCursor(double key) {
    const Theme& t = theme();
    struct Line {
        QString name, value;
        int series;
    };
    std::vector<Line> lines;
    const double x = m_toPixel(key, 0).x();
    if (x < m_area.left() || x > m_area.right())
        return;
    m_painter.setPen(QPen(blended(t.muted, t.surface, 0.6), 1));
    m_painter.drawLine(QPointF(std::floor(x) + 0.5, m_area.top()), QPointF(std::floor(x) + 0.5, m_area.bottom()));
    for (const OverlayCurve& curve : m_curves) {
        if (curve.keys.empty() || key > curve.keys.back() + (curve.keys.back() - curve.keys.front()) * 0.02)
            continue;
        // The nearest reported value, as it is drawn.
        auto after = std::size_t(std::ranges::lower_bound(curve.keys, key) - curve.keys.begin());
        after = std::min(after, curve.keys.size() - 1);
        if (after > 0 && key - curve.keys[after - 1] < curve.keys[after] - key)
            --after;
        const double value = (*curve.values)[after];
        lines.push_back({curve.name, valueText(value, m_unit), curve.series});
        if (!std::isfinite(value))
            continue;
        const QPointF dot = m_toPixel(curve.keys[after], value);
        if (m_area.contains(dot.toPoint())) {
            m_painter.setPen(QPen(t.surface, 1.5));
            m_painter.setBrush(t.seriesColour(curve.series));
            m_painter.drawEllipse(dot, 4, 4);
        }
    }
    if (lines.empty())
        return;
    const QFont font = smallFont();
    const QFontMetrics metrics(font);
    const int row = metrics.height() + 3;
    int names = metrics.horizontalAdvance(keyText(key));
    int values = 0;
    for (const Line& line : lines) {
        names = std::max(names, metrics.horizontalAdvance(line.name) + 14);
        values = std::max(values, numbersWidth(metrics, line.value));
    }
    const QSize size(names + 12 + values + 2 * Theme::space, int(lines.size() + 1) * row + Theme::space);
    QRect box(QPoint(int(x) + 12, m_area.top() + Theme::tight), size);
    if (box.right() > m_area.right())
        box.moveRight(int(x) - 12);
    m_painter.setPen(t.border);
    m_painter.setBrush(t.raised);
    m_painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), Theme::radius, Theme::radius);
    m_painter.setFont(font);
    QRect text = box.adjusted(Theme::space, Theme::tight, -Theme::space, 0);
    text.setHeight(row);
    m_painter.setPen(t.muted);
    drawNumbers(m_painter, text, Qt::AlignLeft, keyText(key));
    for (const Line& line : lines) {
        text.translate(0, row);
        m_painter.fillRect(QRect(text.left(), text.center().y() - 4, 8, 8), t.seriesColour(line.series));
        m_painter.setPen(t.text);
        m_painter.drawText(text.adjusted(14, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, line.name);
        drawNumbers(m_painter, text, Qt::AlignRight, line.value);
    }
}

} // namespace heirloom
