// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/HeatmapContent.h"
#include "widgets/plots/HeatmapImage.h"

#include <QRect>

class QPainter;

namespace heirloom {

/// A plane of one row: each value a stem from the zero line, as far as the range; what is not taken
/// recedes. Only the half that the values need is shown: gains of norms are positive, biases go
/// both ways.
void paintStems(QPainter& painter,
                const HeatmapContent& content,
                const HeatmapPart& part,
                const QRect& map,
                const HeatmapStyle& style);

} // namespace heirloom
