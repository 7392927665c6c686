// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CurveItems.h"

#include "widgets/Theme.h"

#include <algorithm>
#include <cmath>

namespace heirloom {

QVector<QLineF> dashPieces(const QVector<QPointF>& line, double on, double off) {
    QVector<QLineF> pieces;
    bool drawn = true;
    double left = on; // of the present dash or gap
    for (qsizetype i = 1; i < line.size(); ++i) {
        const QPointF a = line[i - 1];
        const QPointF b = line[i];
        const QPointF way = b - a;
        const double length = std::hypot(way.x(), way.y());
        // A point far outside the view would be walked dash by dash.
        if (!std::isfinite(length) || length > 20'000) {
            drawn = true;
            left = on;
            continue;
        }
        double at = 0;
        while (at < length) {
            const double to = std::min(length, at + left);
            if (drawn)
                pieces.append(QLineF(a + way * (at / length), a + way * (to / length)));
            left -= to - at;
            at = to;
            if (left <= 1e-9) {
                drawn = !drawn;
                left = drawn ? on : off;
            }
        }
    }
    return pieces;
}

void CurveGraph::drawLinePlot(QCPPainter* painter, const QVector<QPointF>& lines) const {
    if (!m_dashed) {
        QCPGraph::drawLinePlot(painter, lines);
        return;
    }
    applyDefaultAntialiasingHint(painter);
    QPen pen = mPen;
    pen.setCapStyle(Qt::FlatCap);
    painter->setPen(pen);
    painter->setBrush(Qt::NoBrush);
    const QVector<QLineF> pieces = dashPieces(lines, 5, 3);
    painter->drawLines(pieces);
}

double CurveTicker::getTickStep(const QCPRange& range) {
    m_step = QCPAxisTicker::getTickStep(range);
    if (m_kind == Kind::Whole && range.size() >= 3) {
        // Steps and epochs are counted: 1, 2, 4, 5, 10, 20 ..., never 2.5.
        const double wanted = std::max(1.0, range.size() / (mTickCount + 1e-10));
        const double power = std::pow(10, std::floor(std::log10(wanted)));
        for (const double digit : {1.0, 2.0, 4.0, 5.0, 10.0}) {
            m_step = digit * power;
            if (m_step >= wanted)
                break;
        }
    }
    return m_step;
}

QString CurveTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    const double factor = m_kind == Kind::Share ? 100 : 1;
    // As many decimals as tell two ticks apart; 0.25 needs two.
    int decimals = 0;
    for (double step = m_step * factor; decimals < 6 && std::abs(step - std::round(step)) > 1e-6; step *= 10)
        ++decimals;
    if (std::abs(tick) < m_step * 1e-6)
        tick = 0; // never "-0"
    const QString number = std::abs(tick * factor) >= 10'000 && decimals == 0
                               ? groupedNumber(std::llround(tick * factor))
                               : QString::number(tick * factor, 'f', decimals);
    return m_kind == Kind::Share ? number + QChar(0x202F) + QLatin1Char('%') : number;
}

} // namespace heirloom
