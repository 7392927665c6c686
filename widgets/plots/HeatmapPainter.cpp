// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/HeatmapPainter.h"

#include "widgets/Theme.h"

#include <QFontMetrics>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr double readableCell = 40; ///< px from which a value is printed in its cell

/// Position of an edge between rows (columns): `at` of `size`, on the screen.
double edge(double at, double size, double first, double extent, int origin, int length) {
    return origin + (at / size - first) / extent * length;
}

double rowEdge(const HeatmapContent& content,
               const HeatmapPart& part,
               const QRect& map,
               double row) {
    return edge(row,
                static_cast<double>(content.rows()),
                part.top(),
                part.height(),
                map.top(),
                map.height());
}

double columnEdge(const HeatmapContent& content,
                  const HeatmapPart& part,
                  const QRect& map,
                  double column) {
    return edge(column,
                static_cast<double>(content.columns()),
                part.left(),
                part.width(),
                map.left(),
                map.width());
}

/// One line of marginals: for each pixel the largest norm under it, and the share that is taken.
struct Stretch {
    std::vector<float> norms;
    std::vector<float> taken;
};

Stretch stretchOf(const std::vector<float>& norms,
                  const std::vector<std::int64_t>& taken,
                  bool marksTaken,
                  double first,
                  double extent,
                  int pixels) {
    Stretch stretch{std::vector<float>(static_cast<std::size_t>(pixels)),
                    std::vector<float>(static_cast<std::size_t>(pixels), marksTaken ? 0.0F : 1.0F)};
    const auto size = static_cast<double>(norms.size());
    if (marksTaken)
        stretch.taken = selectedShare(taken, first * size, (first + extent) * size, pixels);
    for (int i = 0; i < pixels; ++i) {
        const double from = (first + extent * i / pixels) * size;
        const double to = (first + extent * (i + 1) / pixels) * size;
        const auto begin =
            std::min(static_cast<std::size_t>(std::max(from, 0.0)), norms.size() - 1);
        const auto end =
            std::clamp(static_cast<std::size_t>(std::ceil(to - 1e-9)), begin + 1, norms.size());
        stretch.norms[static_cast<std::size_t>(i)] =
            *std::max_element(norms.begin() + static_cast<std::ptrdiff_t>(begin),
                              norms.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return stretch;
}

float largest(const std::vector<float>& norms) {
    return norms.empty() ? 1.0F : std::max(*std::ranges::max_element(norms), 1e-30F);
}

} // namespace

QRect heatmapRect(const QRect& widget) {
    return widget.adjusted(
        HeatmapMargins::ruler,
        0,
        -(HeatmapMargins::ticks + 2 * HeatmapMargins::gap + HeatmapMargins::rowBars),
        -(HeatmapMargins::ticks + 2 * HeatmapMargins::gap + HeatmapMargins::columnBars));
}

void paintRulers(QPainter& painter,
                 const HeatmapContent& content,
                 const HeatmapPart& part,
                 const QRect& map) {
    painter.setFont(smallFont());
    for (std::size_t i = 0; i < content.bands.size(); ++i) {
        const PlaneBand& band = content.bands[i];
        const double top = rowEdge(content, part, map, static_cast<double>(band.firstRow));
        const double bottom =
            rowEdge(content, part, map, static_cast<double>(band.firstRow + band.rows));
        const int from =
            std::clamp(static_cast<int>(std::lround(top)), map.top(), map.bottom() + 1);
        const int to =
            std::clamp(static_cast<int>(std::lround(bottom)), map.top(), map.bottom() + 1);
        if (to <= from)
            continue;
        painter.setPen(theme().border);
        if (i > 0 && top > map.top() && top < map.bottom())
            painter.drawLine(map.left() - HeatmapMargins::ruler, from, map.left() - 2, from);
        for (std::int64_t head = 1;
             head < band.heads && (bottom - top) / static_cast<double>(band.heads) >= 4;
             ++head) {
            const double y =
                top + (bottom - top) * static_cast<double>(head) / static_cast<double>(band.heads);
            if (y > map.top() && y < map.bottom())
                painter.drawLine(map.left() - 5,
                                 static_cast<int>(std::lround(y)),
                                 map.left() - 2,
                                 static_cast<int>(std::lround(y)));
        }
        if (to - from >= 14) {
            painter.setPen(theme().muted);
            painter.drawText(
                QRect(
                    map.left() - HeatmapMargins::ruler, from, HeatmapMargins::ruler - 6, to - from),
                Qt::AlignCenter,
                QString::fromStdString(band.label));
        }
    }
}

void paintMarginals(QPainter& painter,
                    const HeatmapContent& content,
                    const HeatmapPart& part,
                    const QRect& map) {
    const QColor quiet = blended(theme().muted, theme().surface, 0.45);
    const QColor groove = theme().raised;
    const int tickLeft = map.right() + 1 + HeatmapMargins::gap;
    const int tickTop = map.bottom() + 1 + HeatmapMargins::gap;
    const int barLeft = tickLeft + HeatmapMargins::ticks + HeatmapMargins::gap;
    const int barTop = tickTop + HeatmapMargins::ticks + HeatmapMargins::gap;
    const auto barColour = [&](float taken) {
        return content.marksTaken ? blended(theme().accent, quiet, taken) : quiet;
    };

    const Stretch rows = stretchOf(content.rowNorms,
                                   content.takenRows,
                                   content.marksTaken,
                                   part.top(),
                                   part.height(),
                                   map.height());
    const float rowScale = largest(content.rowNorms);
    for (int i = 0; i < map.height(); ++i) {
        const float taken = rows.taken[static_cast<std::size_t>(i)];
        if (content.marksTaken)
            painter.fillRect(tickLeft,
                             map.top() + i,
                             HeatmapMargins::ticks,
                             1,
                             blended(theme().accent, groove, taken));
        const int length = static_cast<int>(std::lround(
            HeatmapMargins::rowBars * rows.norms[static_cast<std::size_t>(i)] / rowScale));
        painter.fillRect(barLeft, map.top() + i, length, 1, barColour(taken));
    }
    const Stretch columns = stretchOf(content.columnNorms,
                                      content.takenColumns,
                                      content.marksTaken,
                                      part.left(),
                                      part.width(),
                                      map.width());
    const float columnScale = largest(content.columnNorms);
    for (int i = 0; i < map.width(); ++i) {
        const float taken = columns.taken[static_cast<std::size_t>(i)];
        if (content.marksTaken)
            painter.fillRect(map.left() + i,
                             tickTop,
                             1,
                             HeatmapMargins::ticks,
                             blended(theme().accent, groove, taken));
        const int length = static_cast<int>(std::lround(
            HeatmapMargins::columnBars * columns.norms[static_cast<std::size_t>(i)] / columnScale));
        painter.fillRect(map.left() + i, barTop, 1, length, barColour(taken));
    }
}

void paintValues(QPainter& painter,
                 const HeatmapContent& content,
                 const HeatmapPart& part,
                 const QRect& map,
                 const HeatmapStyle& style) {
    const double wide = map.width() / (part.width() * static_cast<double>(content.columns()));
    const double tall = map.height() / (part.height() * static_cast<double>(content.rows()));
    if (wide < readableCell || tall < 16)
        return;
    const ColourTable colours = ColourTable::diverging(theme());
    painter.setFont(smallFont());
    const Plane& plane = content.pyramid->plane();
    const auto firstRow = static_cast<std::int64_t>(part.top() * static_cast<double>(plane.rows));
    const auto firstColumn =
        static_cast<std::int64_t>(part.left() * static_cast<double>(plane.columns));
    for (std::int64_t row = firstRow;
         row < plane.rows && rowEdge(content, part, map, static_cast<double>(row)) < map.bottom();
         ++row) {
        const double top = rowEdge(content, part, map, static_cast<double>(row));
        for (std::int64_t column = firstColumn;
             column < plane.columns &&
             columnEdge(content, part, map, static_cast<double>(column)) < map.right();
             ++column) {
            const double left = columnEdge(content, part, map, static_cast<double>(column));
            const QRectF cell(left, top, wide, tall);
            const float value = plane.at(row, column);
            painter.setPen(QColor::fromRgb(
                readableOn(colours.at(std::isfinite(value) ? value / style.range : 0))));
            const QString text =
                std::isfinite(value)
                    ? QString::number(static_cast<double>(value), 'f', wide >= 56 ? 4 : 3)
                          .replace(u'-', QChar(0x2212))
                    : valueText(value);
            painter.drawText(cell, Qt::AlignCenter, text);
        }
    }
}

void paintCrosshair(QPainter& painter,
                    const HeatmapContent& content,
                    const HeatmapPart& part,
                    const QRect& map,
                    PlaneCell cell) {
    const double top = rowEdge(content, part, map, static_cast<double>(cell.row));
    const double bottom = rowEdge(content, part, map, static_cast<double>(cell.row + 1));
    const double left = columnEdge(content, part, map, static_cast<double>(cell.column));
    const double right = columnEdge(content, part, map, static_cast<double>(cell.column + 1));
    const QPointF centre((left + right) / 2, (top + bottom) / 2);
    if (!QRectF(map).adjusted(-1, -1, 1, 1).contains(centre))
        return;
    // A ring round a small cell, an outline on a cell that can be seen itself, be it only one way.
    const bool isCell = std::max(right - left, bottom - top) > 10;
    const QRectF cellBox = QRectF(left, top, right - left, bottom - top).adjusted(-1, -1, 1, 1);
    const QRectF gap = isCell ? cellBox : QRectF(centre.x() - 5, centre.y() - 5, 10, 10);
    painter.save();
    painter.setClipRect(map);
    painter.setBrush(Qt::NoBrush);
    QColor line = theme().text;
    line.setAlphaF(0.55F);
    painter.setPen(QPen(line, 1));
    painter.drawLine(QPointF(map.left(), centre.y()), QPointF(gap.left(), centre.y()));
    painter.drawLine(QPointF(gap.right(), centre.y()), QPointF(map.right() + 1, centre.y()));
    painter.drawLine(QPointF(centre.x(), map.top()), QPointF(centre.x(), gap.top()));
    painter.drawLine(QPointF(centre.x(), gap.bottom()), QPointF(centre.x(), map.bottom() + 1));
    painter.setRenderHint(QPainter::Antialiasing, !isCell);
    // Two tones, so that it is seen on any colour.
    for (const auto& [colour, width] :
         {std::pair(theme().surface, 3.5), std::pair(theme().text, 1.5)}) {
        painter.setPen(QPen(colour, width));
        if (isCell)
            painter.drawRect(gap);
        else
            painter.drawEllipse(gap);
    }
    painter.restore();
}

} // namespace heirloom
