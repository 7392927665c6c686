// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/ProgressLine.h"

#include "widgets/LookPainting.h"
#include "widgets/Theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace heirloom {

ProgressLine::ProgressLine(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ProgressLine::setShare(double share) {
    if (share == m_share)
        return;
    m_share = share;
    setAccessibleName(share < 0 ? tr("no progress known") : tr("%1 % done").arg(std::lround(share * 100)));
    update();
}

void ProgressLine::setSeries(int series) {
    m_series = series;
    update();
}

void ProgressLine::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    look::drawBar(painter, rect(), 1, t.raised);
    look::drawBar(painter, rect(), m_share, m_series < 0 ? t.accent : t.seriesColour(m_series));
}

SeriesMark::SeriesMark(QWidget* parent) : QWidget(parent) { setFixedSize(12, 12); }

void SeriesMark::setSeries(int series, bool dashed) {
    m_series = series;
    m_dashed = dashed;
    update();
}

void SeriesMark::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QColor colour = theme().seriesColour(m_series);
    if (m_dashed) {
        painter.fillRect(QRect(1, 4, 4, 4), colour);
        painter.fillRect(QRect(7, 4, 4, 4), colour);
    } else {
        painter.fillRect(QRect(1, 1, 10, 10), colour);
    }
}

Sparkline::Sparkline(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Sparkline::setValues(const std::vector<double>& values, int series) {
    m_values = values;
    m_series = series;
    update();
}

void Sparkline::paintEvent(QPaintEvent*) {
    double low = INFINITY;
    double high = -INFINITY;
    for (const double v : m_values) {
        if (std::isfinite(v)) {
            low = std::min(low, v);
            high = std::max(high, v);
        }
    }
    if (m_values.size() < 2 || low > high)
        return;
    const double span = high > low ? high - low : 1;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().seriesColour(m_series), 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    // One point a pixel column at most: the mean of the values that fall in it.
    const std::size_t columns = std::min(m_values.size(), static_cast<std::size_t>(std::max(2, width() / 2)));
    QPainterPath path;
    bool pen = false;
    for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t from = c * m_values.size() / columns;
        const std::size_t to = std::max(from + 1, (c + 1) * m_values.size() / columns);
        double sum = 0;
        for (std::size_t i = from; i < to; ++i)
            sum += m_values[i];
        const double mean = sum / static_cast<double>(to - from);
        if (!std::isfinite(mean)) {
            pen = false;
            continue;
        }
        const QPointF at(1 + double(c) * (width() - 2) / double(columns - 1),
                         height() - 3 - (mean - low) / span * (height() - 6));
        pen ? path.lineTo(at) : path.moveTo(at);
        pen = true;
    }
    painter.drawPath(path);
}

} // namespace heirloom
