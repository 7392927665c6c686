// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/StemPainter.h"

#include "widgets/Theme.h"
#include "widgets/plots/HeatmapPainter.h"

#include <QFontMetrics>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

/// Least and most finite value of elements [first, last), with 0.
struct Reach {
    float low = 0;
    float high = 0;
};

Reach reachOf(const Plane& plane, std::int64_t first, std::int64_t last) {
    Reach reach;
    for (std::int64_t i = first; i < last; ++i) {
        const float value = plane.at(0, i);
        if (std::isfinite(value)) {
            reach.low = std::min(reach.low, value);
            reach.high = std::max(reach.high, value);
        }
    }
    return reach;
}

/// Two figures: what fits beside the stems. The exact range stands at the colour scale.
QString roughText(float range) { return QString::number(static_cast<double>(range), 'g', 2); }

/// The upright axis: how many ranges lie above and below zero, each 0 or 1.
struct StemAxis {
    int above = 1;
    int below = 0;
    int zero = 0;    ///< y of the zero line
    double unit = 0; ///< px a unit of value
};

StemAxis axisOf(const Reach& reach, const QRect& map, float range) {
    StemAxis axis;
    axis.below = reach.low < 0 ? 1 : 0;
    axis.above = reach.high > 0 || axis.below == 0 ? 1 : 0;
    const int length = map.height() - 1;
    axis.zero = map.top() + length * axis.above / (axis.above + axis.below);
    axis.unit = length / static_cast<double>(axis.above + axis.below) / static_cast<double>(range);
    return axis;
}

void paintScale(QPainter& painter, const StemAxis& axis, const QRect& map, float range) {
    painter.fillRect(map.left(), axis.zero, map.width(), 1, theme().border);
    painter.setFont(smallFont());
    painter.setPen(theme().muted);
    const int line = QFontMetrics(painter.font()).height();
    const auto label = [&](int y, const QString& text) {
        const int top = std::clamp(y - line / 2, map.top(), map.bottom() - line + 1);
        painter.drawText(QRect(map.right() + 1 + HeatmapMargins::gap,
                               top,
                               HeatmapMargins::rowBars + HeatmapMargins::ticks,
                               line),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         text);
    };
    label(axis.zero, QStringLiteral("0"));
    if (axis.above > 0)
        label(map.top(), roughText(range));
    if (axis.below > 0)
        label(map.bottom(), QChar(0x2212) + roughText(range));
}

} // namespace

void paintStems(QPainter& painter,
                const HeatmapContent& content,
                const HeatmapPart& part,
                const QRect& map,
                const HeatmapStyle& style) {
    const Plane& plane = content.pyramid->plane();
    const auto size = static_cast<double>(plane.columns);
    const StemAxis axis = axisOf(reachOf(plane, 0, plane.columns), map, style.range);
    std::vector<float> taken(static_cast<std::size_t>(map.width()), 1.0F);
    if (content.marksTaken)
        taken = selectedShare(
            content.takenColumns, part.left() * size, part.right() * size, map.width());
    const QColor quiet = blended(theme().muted, theme().surface, 0.45);
    const double width = map.width() / (part.width() * size); // of one element, px
    for (int x = 0; x < map.width(); ++x) {
        const double first = (part.left() + part.width() * x / map.width()) * size;
        const double last = (part.left() + part.width() * (x + 1) / map.width()) * size;
        // A gap between stems once they are wide enough to have one.
        if (width >= 4 && first - std::floor(first) > 1 - 1.01 / width)
            continue;
        const auto begin =
            std::clamp(static_cast<std::int64_t>(first), std::int64_t{0}, plane.columns - 1);
        const auto end =
            std::clamp(static_cast<std::int64_t>(std::ceil(last - 1e-9)), begin + 1, plane.columns);
        const Reach reach = reachOf(plane, begin, end);
        const int top = std::max(
            map.top(),
            axis.zero - static_cast<int>(std::lround(static_cast<double>(reach.high) * axis.unit)));
        const int bottom = std::min(
            map.bottom(),
            axis.zero - static_cast<int>(std::lround(static_cast<double>(reach.low) * axis.unit)));
        painter.fillRect(map.left() + x,
                         top,
                         1,
                         std::max(bottom - top, 1),
                         blended(theme().accent, quiet, taken[static_cast<std::size_t>(x)]));
    }
    paintScale(painter, axis, map, style.range);
}

} // namespace heirloom
