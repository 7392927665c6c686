// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/LabelPlacement.h"

#include <algorithm>
#include <cmath>

namespace heirloom {

LabelPlacement::LabelPlacement(const QRect& area)
    : m_area(area), m_columns(std::max(0, area.width() / cell)), m_rows(std::max(0, area.height() / cell)),
      m_taken(static_cast<std::size_t>(m_columns) * static_cast<std::size_t>(m_rows)) {}

void LabelPlacement::addLine(const QPointF& from, const QPointF& to) {
    if (!std::isfinite(from.x()) || !std::isfinite(from.y()) || !std::isfinite(to.x()) || !std::isfinite(to.y()))
        return;
    const QPointF way = to - from;
    // Half a cell a step, so that no crossed cell is missed by more than a corner, which place() keeps clear of.
    const double far = std::max(std::abs(way.x()), std::abs(way.y()));
    const int steps = std::clamp(static_cast<int>(far / (cell / 2.0)) + 1, 1, 20'000);
    for (int i = 0; i <= steps; ++i) {
        const QPointF p = from + way * (double(i) / steps) - QPointF(m_area.topLeft());
        const int column = static_cast<int>(std::floor(std::clamp(p.x(), -1e6, 1e6) / cell));
        const int row = static_cast<int>(std::floor(std::clamp(p.y(), -1e6, 1e6) / cell));
        if (column >= 0 && column < m_columns && row >= 0 && row < m_rows)
            m_taken[static_cast<std::size_t>(row) * static_cast<std::size_t>(m_columns) +
                    static_cast<std::size_t>(column)] = 1;
    }
}

int LabelPlacement::sum(int left, int top, int right, int bottom, const std::vector<int>& table) const {
    const auto at = [&](int c, int r) {
        return table[static_cast<std::size_t>(r) * static_cast<std::size_t>(m_columns + 1) +
                     static_cast<std::size_t>(c)];
    };
    return at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
}

std::optional<QRect> LabelPlacement::place(const QSize& size, const QPointF& anchor) const {
    // Summed-area table: any rectangle's count of taken cells in four reads.
    std::vector<int> table(static_cast<std::size_t>(m_columns + 1) * static_cast<std::size_t>(m_rows + 1));
    const auto at = [&](int c, int r) -> int& {
        return table[static_cast<std::size_t>(r) * static_cast<std::size_t>(m_columns + 1) +
                     static_cast<std::size_t>(c)];
    };
    for (int r = 0; r < m_rows; ++r)
        for (int c = 0; c < m_columns; ++c)
            at(c + 1, r + 1) = at(c, r + 1) + at(c + 1, r) - at(c, r) +
                               m_taken[static_cast<std::size_t>(r) * static_cast<std::size_t>(m_columns) +
                                       static_cast<std::size_t>(c)];
    // One cell of air on each side.
    const int wide = (size.width() + cell - 1) / cell + 2;
    const int high = (size.height() + cell - 1) / cell + 2;
    std::optional<QRect> best;
    double least = 0;
    for (int r = 0; r + high <= m_rows; ++r) {
        for (int c = 0; c + wide <= m_columns; ++c) {
            if (sum(c, r, c + wide, r + high, table) != 0)
                continue;
            const QRect place(m_area.topLeft() + QPoint((c + 1) * cell, (r + 1) * cell), size);
            const double dx = std::max({place.left() - anchor.x(), 0.0, anchor.x() - place.right()});
            const double dy = std::max({place.top() - anchor.y(), 0.0, anchor.y() - place.bottom()});
            const double cost = std::hypot(dx, dy);
            if (!best || cost < least) {
                best = place;
                least = cost;
            }
        }
    }
    return best;
}

} // namespace heirloom
