// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/DivergingMap.h"
#include "widgets/plots/HeatmapContent.h"

#include <QImage>
#include <QRectF>

namespace heirloom {

/// What of a plane is shown: shares of its columns (x) and rows (y), [0, 1].
using HeatmapPart = QRectF;

struct HeatmapStyle {
    CellMode mode = CellMode::Extremes;
    float range = 1; ///< > 0
};

/// One pixel a display cell. NaN is hatched in magenta, an infinity in black and white; what the
/// student does not take is half desaturated.
[[nodiscard]] QImage heatmapImage(const HeatmapContent& content,
                                  const HeatmapPart& part,
                                  QSize cells,
                                  const HeatmapStyle& style,
                                  const ColourTable& colours);

} // namespace heirloom
