// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/HeatmapImage.h"

#include <cmath>
#include <vector>

namespace heirloom {
namespace {

QRgb notFinite(float value, int x, int y) {
    if (std::isnan(value))
        return ((x + y) / 2) % 2 == 0 ? qRgb(0xE0, 0x10, 0xC0) : qRgb(0x80, 0x00, 0x70);
    // The hatch leans right for +inf, left for -inf.
    return ((value > 0 ? x + y : x - y + 100'000) / 2) % 2 == 0 ? qRgb(255, 255, 255)
                                                                : qRgb(0, 0, 0);
}

} // namespace

QImage heatmapImage(const HeatmapContent& content,
                    const HeatmapPart& part,
                    QSize cells,
                    const HeatmapStyle& style,
                    const ColourTable& colours) {
    QImage image(cells, QImage::Format_RGB32);
    const auto rows = static_cast<double>(content.rows());
    const auto columns = static_cast<double>(content.columns());
    const double left = part.left() * columns;
    const double right = part.right() * columns;
    const double top = part.top() * rows;
    const double bottom = part.bottom() * rows;
    const HeatmapTile tile =
        content.pyramid->tile(left, top, right, bottom, cells.width(), cells.height(), style.mode);
    std::vector<float> takenRows(static_cast<std::size_t>(cells.height()), 1.0F);
    std::vector<float> takenColumns(static_cast<std::size_t>(cells.width()), 1.0F);
    if (content.marksTaken) {
        takenRows = selectedShare(content.takenRows, top, bottom, cells.height());
        takenColumns = selectedShare(content.takenColumns, left, right, cells.width());
    }
    const float scale = 1 / style.range;
    const float* value = tile.values.data();
    for (int y = 0; y < cells.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        const float taken = 256 * takenRows[static_cast<std::size_t>(y)];
        for (int x = 0; x < cells.width(); ++x, ++value) {
            if (std::isfinite(*value))
                line[x] = colours.at(
                    *value * scale,
                    static_cast<int>(taken * takenColumns[static_cast<std::size_t>(x)] + 0.5F));
            else
                line[x] = notFinite(*value, x, y);
        }
    }
    return image;
}

} // namespace heirloom
