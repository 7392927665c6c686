// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For the sources of this folder only: it brings in QCustomPlot.
#include "widgets/plots/CurveItems.h"
#include "widgets/plots/CurveOverlayPainter.h"
#include "widgets/plots/Smoothing.h"

#include <memory>
#include <optional>
#include <vector>

namespace heirloom {

/// The curves of one plot: their values, smoothed as they come, and the graphs that draw them.
class CurveSet {
public:
    explicit CurveSet(QCustomPlot& plot) : m_plot(plot) {}

    bool add(int id, const QString& name, int series, bool dashed);
    bool remove(int id);
    bool append(int id, const std::vector<CurvePoint>& points);
    bool setPlannedEnd(int id, double step, double epoch);
    void setAxis(CurveAxis axis);
    void setSmoothing(double weight);
    void setEmphasis(const std::vector<int>& ids);
    void restyle(); ///< in the colours of the theme in force

    [[nodiscard]] CurveAxis axis() const { return m_axis; }
    [[nodiscard]] double smoothing() const { return m_weight; }
    [[nodiscard]] const std::vector<int>& emphasis() const { return m_emphasis; }
    [[nodiscard]] bool hasValues() const;
    [[nodiscard]] double end() const;                         ///< the last key, reported or planned
    [[nodiscard]] std::optional<QCPRange> valueRange() const; ///< of all that is drawn
    [[nodiscard]] std::vector<OverlayCurve> overlay() const;
    [[nodiscard]] QString summary(CurveUnit unit) const;

private:
    struct Curve {
        int id = 0;
        QString name;
        int series = 0;
        bool dashed = false;
        std::vector<CurvePoint> points;
        std::vector<double> smooth; ///< one a point
        Smoother smoother;
        double plannedStep = 0;
        double plannedEpoch = 0;
        CurveGraph* raw = nullptr; ///< owned by the plot, as the next
        CurveGraph* line = nullptr;
    };

    [[nodiscard]] Curve* find(int id);
    void rebuild();
    void addToGraphs(Curve& curve, std::size_t from) const;
    void stylePens(Curve& curve) const;

    QCustomPlot& m_plot;
    std::vector<std::unique_ptr<Curve>> m_curves;
    CurveAxis m_axis = CurveAxis::Epoch;
    double m_weight = 0.6;
    std::vector<int> m_emphasis;
};

[[nodiscard]] double keyOf(const CurvePoint& point, CurveAxis axis);

} // namespace heirloom
