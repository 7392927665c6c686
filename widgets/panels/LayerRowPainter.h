// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/models/LayerPairs.h"

#include <QRect>

class QPainter;

namespace heirloom {

/// How a row of the map is to look.
struct LayerRowState {
    QRect rect;
    int gutter = 0; ///< width of the middle band
    bool expanded = false;
    bool current = false;
    bool focused = false;
    bool hovered = false;
    bool partner = false;   ///< feeds, or is fed by, the current row from another line
    std::int64_t scale = 1; ///< inherited elements of the widest band
};

[[nodiscard]] QRect teacherRect(const LayerRowState& state);
[[nodiscard]] QRect gutterRect(const LayerRowState& state);
[[nodiscard]] QRect studentRect(const LayerRowState& state);
/// Where the fold arrow stands on one side of a row of this depth.
[[nodiscard]] QRect foldArrowRect(const QRect& side, int depth);

void paintLayerRow(QPainter& painter, const PairNode& node, const LayerRowState& state);
/// A band between two rows; both ends are the middle of a row's edge.
void paintCrossing(QPainter& painter,
                   const PairNode& student,
                   QPoint from,
                   QPoint to,
                   bool current,
                   std::int64_t scale);

/// Height of the band of so many elements: by area, at least a hair line, at most 12 px.
[[nodiscard]] int bandHeight(std::int64_t elements, std::int64_t scale);

} // namespace heirloom
