// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/CellText.h"
#include "widgets/plots/HeatmapContent.h"
#include "widgets/plots/HeatmapImage.h"

#include <QRect>

#include <optional>

class QPainter;

namespace heirloom {

/// Sizes of what stands round the cells, from the outside in.
struct HeatmapMargins {
    static constexpr int ruler = 20; ///< Q, K, V and heads, left
    static constexpr int ticks = 5;  ///< marks of taken rows (right) and columns (below)
    static constexpr int gap = 3;
    static constexpr int rowBars = 36; ///< norms of rows, right
    static constexpr int columnBars = 20;
};

[[nodiscard]] QRect heatmapRect(const QRect& widget);

/// Q, K, V with a line between them and a short one between heads.
void paintRulers(QPainter& painter,
                 const HeatmapContent& content,
                 const HeatmapPart& part,
                 const QRect& map);
/// Ticks of what is taken, and the bars of norms; accent where a stretch is taken, by its share.
void paintMarginals(QPainter& painter,
                    const HeatmapContent& content,
                    const HeatmapPart& part,
                    const QRect& map);
/// Values in the cells, where they are large enough to be read.
void paintValues(QPainter& painter,
                 const HeatmapContent& content,
                 const HeatmapPart& part,
                 const QRect& map,
                 const HeatmapStyle& style);
void paintCrosshair(QPainter& painter,
                    const HeatmapContent& content,
                    const HeatmapPart& part,
                    const QRect& map,
                    PlaneCell cell);

} // namespace heirloom
