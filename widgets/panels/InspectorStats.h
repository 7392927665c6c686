// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"

#include <QStringList>
#include <QWidget>

#include <array>
#include <memory>

namespace heirloom {

/// Mean, deviation, norm, extremes and zeros of the teacher's tensor and the student's, figures
/// under each other.
class InspectorStats final : public QWidget {
    Q_OBJECT

public:
    explicit InspectorStats(QWidget* parent = nullptr);

    void setView(const ParameterView* view); ///< null: dashes

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    using Line = std::array<QString, 3>; ///< word, teacher, student

    std::vector<Line> m_lines;
};

/// What a selection keeps: a bar for the squared norm, a mark where the share of weights lies.
class EnergyBar final : public QWidget {
    Q_OBJECT

public:
    explicit EnergyBar(QWidget* parent = nullptr);

    void setKept(const KeptEnergy& kept);

    [[nodiscard]] QSize sizeHint() const override { return {240, 12}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {80, 12}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    KeptEnergy m_kept;
};

} // namespace heirloom
