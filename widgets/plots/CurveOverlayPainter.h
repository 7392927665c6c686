// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/CurvePlot.h"

#include <QRect>

#include <functional>
#include <vector>

class QPainter;

namespace heirloom {

[[nodiscard]] QString valueText(double value, CurveUnit unit); ///< "58.1 %", "1.043"

/// What the overlay needs to know of a curve.
struct OverlayCurve {
    QString name;
    int series = 0;
    std::vector<double> keys;                      ///< on the axis shown, ascending
    const std::vector<double>* values = nullptr;   ///< as drawn, one a key
    const std::vector<CurvePoint>* points = nullptr; ///< as reported, one a key
};

/// Draws what lies over the curves: marks of values that are not finite, the note, the hover cursor.
class CurveOverlayPainter {
public:
    using ToPixel = std::function<QPointF(double key, double value)>;

    CurveOverlayPainter(QPainter& painter, const QRect& area, CurveUnit unit, CurveAxis axis, ToPixel toPixel,
                        std::vector<OverlayCurve> curves);

    void drawGaps();
    /// \param rawShown the raw values are drawn too and must not be crossed either
    void drawNote(const CurveNote& note, double key, bool rawShown);
    void drawCursor(double key);

private:
    [[nodiscard]] QString keyText(double key) const;

    QPainter& m_painter;
    QRect m_area;
    CurveUnit m_unit;
    CurveAxis m_axis;
    ToPixel m_toPixel;
    std::vector<OverlayCurve> m_curves;
};

} // namespace heirloom
