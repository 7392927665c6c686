// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/HeatmapPyramid.h"

#include <QWidget>

#include <cstdint>
#include <vector>

namespace heirloom {

/// The colour scale, upright between the two heatmaps that share it, with the histogram of the
/// values beside it. Dragging up or down, the wheel and the up and down keys widen and narrow the
/// range.
class RangeBar final : public QWidget {
    Q_OBJECT

public:
    explicit RangeBar(QWidget* parent = nullptr);

    /// \param histogram even bins over ±histogramRange
    void setHistogram(std::vector<std::int64_t> histogram, float histogramRange);
    void setRange(float range);
    [[nodiscard]] float range() const { return m_range; }
    void setMode(CellMode mode);
    /// Rows kept free above and below, so that the bar stands level with the cells beside it.
    void setMargins(int top, int bottom);

    [[nodiscard]] QSize sizeHint() const override { return {68, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {68, 120}; }

signals:
    void rangeRequested(float range);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    std::vector<std::int64_t> m_histogram;
    float m_histogramRange = 1;
    float m_range = 1;
    CellMode m_mode = CellMode::Extremes;
    int m_top = 0;
    int m_bottom = 0;
    int m_draggedFrom = 0;
};

/// "0.118": three significant figures, never in powers of ten where it can be helped.
[[nodiscard]] QString rangeText(float range);

} // namespace heirloom
