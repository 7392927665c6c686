// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CurveSet.h"

#include "widgets/Theme.h"

#include <algorithm>
#include <cmath>

namespace heirloom {

double keyOf(const CurvePoint& point, CurveAxis axis) {
    return axis == CurveAxis::Step ? point.step : axis == CurveAxis::Epoch ? point.epoch : point.seconds;
}

CurveSet::Curve* CurveSet::find(int id) {
    const auto at = std::ranges::find(m_curves, id, [](const auto& c) { return c->id; });
    return at == m_curves.end() ? nullptr : at->get();
}

bool CurveSet::add(int id, const QString& name, int series, bool dashed) {
    if (find(id) != nullptr)
        return false;
    auto curve = std::make_unique<Curve>();
    curve->id = id;
    curve->name = name;
    curve->series = series;
    curve->dashed = dashed;
    curve->smoother = Smoother(m_weight);
    curve->raw = new CurveGraph(m_plot.xAxis, m_plot.yAxis);
    curve->line = new CurveGraph(m_plot.xAxis, m_plot.yAxis);
    for (CurveGraph* graph : {curve->raw, curve->line})
        graph->setAdaptiveSampling(true); // keeps each pixel column's least and greatest value
    stylePens(*curve);
    m_curves.push_back(std::move(curve));
    return true;
}

bool CurveSet::remove(int id) {
    const Curve* curve = find(id);
    if (curve == nullptr)
        return false;
    m_plot.removePlottable(curve->raw);
    m_plot.removePlottable(curve->line);
    std::erase_if(m_curves, [id](const auto& c) { return c->id == id; });
    return true;
}

bool CurveSet::append(int id, const std::vector<CurvePoint>& points) {
    Curve* curve = find(id);
    if (curve == nullptr || points.empty())
        return false;
    const std::size_t from = curve->points.size();
    curve->points.insert(curve->points.end(), points.begin(), points.end());
    for (const CurvePoint& p : points)
        curve->smooth.push_back(curve->smoother.next(p.value));
    addToGraphs(*curve, from);
    return true;
}

bool CurveSet::setPlannedEnd(int id, double step, double epoch) {
    Curve* curve = find(id);
    if (curve == nullptr || (curve->plannedStep == step && curve->plannedEpoch == epoch))
        return false;
    curve->plannedStep = step;
    curve->plannedEpoch = epoch;
    return true;
}

void CurveSet::setAxis(CurveAxis axis) {
    m_axis = axis;
    rebuild();
}

void CurveSet::setSmoothing(double weight) {
    m_weight = weight;
    rebuild();
}

void CurveSet::setEmphasis(const std::vector<int>& ids) {
    m_emphasis = ids;
    restyle();
}

void CurveSet::restyle() {
    for (const auto& curve : m_curves)
        stylePens(*curve);
}

void CurveSet::stylePens(Curve& curve) const {
    const Theme& t = theme();
    const QColor colour = t.seriesColour(curve.series);
    const bool back = !m_emphasis.empty() && std::ranges::find(m_emphasis, curve.id) == m_emphasis.end();
    curve.raw->setPen(QPen(blended(colour, t.surface, back ? 0.12 : 0.25), 1));
    curve.raw->setVisible(m_weight > 0);
    curve.line->setPen(QPen(back ? blended(colour, t.surface, 0.45) : colour, 2));
    curve.line->setDashed(curve.dashed);
}

void CurveSet::addToGraphs(Curve& curve, std::size_t from) const {
    for (std::size_t i = from; i < curve.points.size(); ++i) {
        const CurvePoint& p = curve.points[i];
        const double key = keyOf(p, m_axis);
        // An infinity would stretch the view for ever; like NaN it is a gap here and a mark in the overlay.
        curve.raw->addData(key, std::isfinite(p.value) ? p.value : qQNaN());
        curve.line->addData(key, std::isfinite(curve.smooth[i]) ? curve.smooth[i] : qQNaN());
    }
}

void CurveSet::rebuild() {
    for (const auto& curve : m_curves) {
        curve->smoother = Smoother(m_weight);
        curve->smooth.clear();
        for (const CurvePoint& p : curve->points)
            curve->smooth.push_back(curve->smoother.next(p.value));
        curve->raw->data()->clear();
        curve->line->data()->clear();
        addToGraphs(*curve, 0);
        stylePens(*curve);
    }
}

bool CurveSet::hasValues() const {
    return std::ranges::any_of(m_curves, [](const auto& c) { return !c->points.empty(); });
}

double CurveSet::end() const {
    double end = 0;
    for (const auto& curve : m_curves) {
        if (m_axis == CurveAxis::Step)
            end = std::max(end, curve->plannedStep);
        else if (m_axis == CurveAxis::Epoch)
            end = std::max(end, curve->plannedEpoch);
        if (!curve->points.empty())
            end = std::max(end, keyOf(curve->points.back(), m_axis));
    }
    return end;
}

std::optional<QCPRange> CurveSet::valueRange() const {
    std::optional<QCPRange> range;
    for (const auto& curve : m_curves) {
        for (const CurveGraph* graph : {curve->raw, curve->line}) {
            bool found = false;
            if (graph == curve->raw && m_weight <= 0)
                continue;
            const QCPRange own = graph->getValueRange(found);
            if (!found)
                continue;
            if (range)
                range->expand(own);
            else
                range = own;
        }
    }
    return range;
}

std::vector<OverlayCurve> CurveSet::overlay() const {
    std::vector<OverlayCurve> answer;
    for (const auto& curve : m_curves) {
        OverlayCurve& o = answer.emplace_back();
        o.name = curve->name;
        o.series = curve->series;
        o.keys.reserve(curve->points.size());
        for (const CurvePoint& p : curve->points)
            o.keys.push_back(keyOf(p, m_axis));
        o.values = &curve->smooth;
        o.points = &curve->points;
    }
    return answer;
}

QString CurveSet::summary(CurveUnit unit) const {
    QStringList parts;
    for (const auto& curve : m_curves) {
        if (!curve->points.empty())
            parts << CurvePlot::tr("%1: %2 at epoch %3")
                         .arg(curve->name, valueText(curve->points.back().value, unit))
                         .arg(curve->points.back().epoch, 0, 'f', 1);
    }
    return parts.join(QStringLiteral("; "));
}

} // namespace heirloom
