// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QRect>
#include <QSize>

#include <optional>
#include <vector>

namespace heirloom {

/// Finds room for a label in a plot: near a point, and across no line.
class LabelPlacement {
public:
    explicit LabelPlacement(const QRect& area);

    void addLine(const QPointF& from, const QPointF& to); ///< points that are not finite are passed over
    /// The free place of that size whose nearest edge is closest to `anchor`; empty when there is none.
    [[nodiscard]] std::optional<QRect> place(const QSize& size, const QPointF& anchor) const;

private:
    static constexpr int cell = 4; ///< pixels

    [[nodiscard]] int sum(int left, int top, int right, int bottom, const std::vector<int>& table) const;

    QRect m_area;
    int m_columns;
    int m_rows;
    std::vector<char> m_taken;
};

} // namespace heirloom
