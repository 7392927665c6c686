// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace heirloom {

/// A bar of 6 px in a series' colour; negative shares show a groove only.
class ProgressLine final : public QWidget {
    Q_OBJECT

public:
    explicit ProgressLine(QWidget* parent = nullptr);
    void setShare(double share); ///< in [0, 1]
    [[nodiscard]] double share() const { return m_share; }
    void setSeries(int series); ///< colour in the theme; negative: the accent

    [[nodiscard]] QSize sizeHint() const override { return {140, 12}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {40, 12}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_share = 0;
    int m_series = -1;
};

/// A square of a series' colour, as a legend's mark; `dashed` shows two short dashes.
class SeriesMark final : public QWidget {
    Q_OBJECT

public:
    explicit SeriesMark(QWidget* parent = nullptr);
    void setSeries(int series, bool dashed);
    [[nodiscard]] QSize sizeHint() const override { return {12, 12}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int m_series = 0;
    bool m_dashed = false;
};

/// A tiny curve without axes; values that are not finite leave a gap.
class Sparkline final : public QWidget {
    Q_OBJECT

public:
    explicit Sparkline(QWidget* parent = nullptr);
    void setValues(const std::vector<double>& values, int series);
    [[nodiscard]] QSize sizeHint() const override { return {120, 24}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<double> m_values;
    int m_series = 0;
};

} // namespace heirloom
