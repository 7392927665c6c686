// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/RangeBar.h"

#include "widgets/Theme.h"
#include "widgets/plots/DivergingMap.h"

#include <QFontMetrics>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr int stripWidth = 12;
constexpr float step = 1.1F;

} // namespace

RangeBar::RangeBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("rangeBar"));
    setAccessibleName(tr("Colour range"));
    setToolTip(tr("Drag or use the wheel to change the range; a double click fits it"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    setCursor(Qt::SizeVerCursor);
}

void RangeBar::setHistogram(std::vector<std::int64_t> histogram, float histogramRange) {
    m_histogram = std::move(histogram);
    m_histogramRange = histogramRange;
    update();
}

void RangeBar::setRange(float range) {
    m_range = range;
    setAccessibleDescription(QStringLiteral("±%1").arg(rangeText(range)));
    update();
}

void RangeBar::setMode(CellMode mode) {
    m_mode = mode;
    update();
}

void RangeBar::setMargins(int top, int bottom) {
    m_top = top;
    m_bottom = bottom;
    update();
}

void RangeBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(smallFont());
    const int line = QFontMetrics(painter.font()).height() + 2;
    const QRect bar(
        Theme::padding, m_top + line, stripWidth, height() - m_top - m_bottom - 2 * line);
    if (bar.height() < 20)
        return;
    const bool magnitude = m_mode == CellMode::Rms;
    const ColourTable colours =
        magnitude ? ColourTable::magnitude() : ColourTable::diverging(theme());
    const auto scaledAt = [&](int y) { // 1 at the top
        const float share = (static_cast<float>(y) + 0.5F) / static_cast<float>(bar.height());
        return magnitude ? 1 - share : 1 - 2 * share;
    };
    for (int y = 0; y < bar.height(); ++y)
        painter.fillRect(
            bar.left(), bar.top() + y, bar.width(), 1, QColor::fromRgb(colours.at(scaledAt(y))));

    // The bins stand over ±histogramRange; the strip may show more or less of that.
    const int left = bar.right() + 4;
    const int room = width() - left - Theme::space;
    if (!m_histogram.empty()) {
        const auto tallest =
            static_cast<double>(std::max<std::int64_t>(*std::ranges::max_element(m_histogram), 1));
        const auto bins = static_cast<double>(m_histogram.size());
        const QColor colour = blended(theme().muted, theme().surface, 0.45);
        for (int y = 0; y < bar.height(); ++y) {
            const double value = static_cast<double>(scaledAt(y)) * static_cast<double>(m_range) /
                                 static_cast<double>(m_histogramRange);
            const auto countAt = [&](double at) {
                const double bin = std::floor((at + 1) / 2 * bins);
                return bin < 0 || bin >= bins
                           ? 0.0
                           : static_cast<double>(m_histogram[static_cast<std::size_t>(bin)]);
            };
            const double count =
                magnitude ? (countAt(value) + countAt(-value)) / 2 : countAt(value);
            painter.fillRect(left,
                             bar.top() + y,
                             static_cast<int>(std::lround(room * count / tallest)),
                             1,
                             colour);
        }
    }
    painter.setPen(theme().muted);
    const QString end = rangeText(m_range);
    painter.drawText(QRect(Theme::space, m_top, width(), line - 2),
                     Qt::AlignLeft | Qt::AlignTop,
                     magnitude ? end : u'+' + end);
    painter.drawText(QRect(Theme::space, bar.bottom() + 3, width(), line),
                     Qt::AlignLeft | Qt::AlignTop,
                     magnitude ? QStringLiteral("0") : QChar(0x2212) + end);
    if (!magnitude)
        painter.fillRect(
            bar.left() - 3, bar.top() + bar.height() / 2, bar.width() + 6, 1, theme().muted);
    if (hasFocus()) {
        painter.setPen(theme().accent);
        painter.drawRect(bar.adjusted(-2, -2, 1, 1));
    }
}

void RangeBar::mousePressEvent(QMouseEvent* event) { m_draggedFrom = event->pos().y(); }

void RangeBar::mouseMoveEvent(QMouseEvent* event) {
    if (!(event->buttons() & Qt::LeftButton))
        return;
    const int moved = m_draggedFrom - event->pos().y();
    m_draggedFrom = event->pos().y();
    emit rangeRequested(m_range * std::pow(1.01F, static_cast<float>(moved)));
}

void RangeBar::mouseDoubleClickEvent(QMouseEvent*) { emit rangeRequested(m_histogramRange); }

void RangeBar::wheelEvent(QWheelEvent* event) {
    emit rangeRequested(m_range *
                        std::pow(step, static_cast<float>(event->angleDelta().y()) / 120));
    event->accept();
}

void RangeBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Up)
        emit rangeRequested(m_range * step);
    else if (event->key() == Qt::Key_Down)
        emit rangeRequested(m_range / step);
    else if (event->key() == Qt::Key_Home)
        emit rangeRequested(m_histogramRange);
    else
        QWidget::keyPressEvent(event);
}

void RangeBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange)
        update();
    QWidget::changeEvent(event);
}

QString rangeText(float range) {
    const auto value = static_cast<double>(range);
    if (value >= 1e5 || value < 1e-4)
        return QString::number(value, 'g', 3);
    const int whole = static_cast<int>(std::floor(std::log10(value)));
    return QString::number(value, 'f', std::clamp(2 - whole, 0, 6));
}

} // namespace heirloom
