// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/RunRow.h"
#include "widgets/plots/CurvePlot.h"

#include <QWidget>

namespace heirloom {

/// A plot under its title line: what is drawn, the legend in coloured words, smoothing and x axis.
class CurvePanel final : public QWidget {
    Q_OBJECT

public:
    CurvePanel(const QString& title, const QString& detail, CurveUnit unit, QWidget* parent = nullptr);
    ~CurvePanel() override;

    [[nodiscard]] CurvePlot* plot() const;
    void addRun(const RunRow& run);
    void removeRun(int id);
    void setAxis(CurveAxis axis);       ///< does not tell axisChanged
    void setSmoothing(double weight);
    void setEmphasis(const std::vector<int>& ids);

signals:
    void axisChosen(heirloom::CurveAxis axis);
    void runClicked(int id);

private:
    class Private;
    Private* d;
};

} // namespace heirloom
