// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For the sources of this folder only: it brings in QCustomPlot.
#include "widgets/plots/CurvePlot.h"

#include <qcustomplot.h>

#include <functional>
#include <vector>

namespace heirloom {

/// A graph whose dashes are short solid lines: QCustomPlot's quick way of drawing wide lines knows no dashes, and Qt's own
/// takes a second for some ten thousand points.
class CurveGraph final : public QCPGraph {
public:
    CurveGraph(QCPAxis* key, QCPAxis* value) : QCPGraph(key, value) {}
    void setDashed(bool dashed) { m_dashed = dashed; }

protected:
    void drawLinePlot(QCPPainter* painter, const QVector<QPointF>& lines) const override;

private:
    bool m_dashed = false;
};

/// Cuts a polyline into the drawn pieces of a dash pattern; points that are not finite break it.
[[nodiscard]] QVector<QLineF> dashPieces(const QVector<QPointF>& line, double on, double off);

/// Ticks with even decimals, "58 %" for shares, whole numbers for steps and epochs.
class CurveTicker final : public QCPAxisTicker {
public:
    enum class Kind { Share, Number, Whole };
    explicit CurveTicker(Kind kind) : m_kind(kind) {}
    void setKind(Kind kind) { m_kind = kind; }

protected:
    double getTickStep(const QCPRange& range) override;
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

private:
    Kind m_kind;
    double m_step = 1;
};

/// Paints over the curves with a function of the plot.
class CurveOverlay final : public QCPAbstractItem {
public:
    CurveOverlay(QCustomPlot* plot, std::function<void(QPainter&)> paint)
        : QCPAbstractItem(plot), m_paint(std::move(paint)) {
        setClipToAxisRect(false);
        setSelectable(false);
    }
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override { m_paint(*painter); }

private:
    std::function<void(QPainter&)> m_paint;
};

} // namespace heirloom
