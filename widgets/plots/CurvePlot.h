// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace heirloom {

/// One value of a curve with its place on every x axis.
struct CurvePoint {
    double step = 0;
    double epoch = 0;
    double seconds = 0;
    double value = 0; ///< may be NaN or infinite: a gap with a mark
};

enum class CurveAxis { Step, Epoch, Seconds };
enum class CurveUnit { Share, Number }; ///< a share in [0, 1] is written in per cent

/// A point with dotted lines to it and a sentence that is put where it crosses no curve.
struct CurveNote {
    CurvePoint at;
    int series = 0;     ///< colour of the point
    int lineSeries = 0; ///< colour of the level that was reached
    QString text;
};

/// Live curves of several runs: raw values thin and pale, smoothed ones over them, redrawn at most 20 times a second.
/// Follows the data until the user pans or zooms; a double click goes back to following.
class CurvePlot final : public QWidget {
    Q_OBJECT

public:
    explicit CurvePlot(CurveUnit unit, QWidget* parent = nullptr);
    ~CurvePlot() override;

    void addCurve(int id, const QString& name, int series, bool dashed);
    void removeCurve(int id);
    void append(int id, const std::vector<CurvePoint>& points); ///< in the order of their steps
    /// Where the curve will end, so that the axis shows the whole plan from the start; 0: unknown.
    void setPlannedEnd(int id, double step, double epoch);
    void setEmphasis(const std::vector<int>& ids); ///< the others step back; empty: none

    void setAxis(CurveAxis axis);
    [[nodiscard]] CurveAxis axis() const;
    void setSmoothing(double weight); ///< w in [0, 1); 0: values as they are
    [[nodiscard]] double smoothing() const;
    void setNote(const std::optional<CurveNote>& note);
    void setEmptyText(const QString& text); ///< shown while there is no value

    void setCursor(std::optional<double> x); ///< the other plot's hover, in units of the axis
    void resetView();
    [[nodiscard]] bool isFollowing() const;
    [[nodiscard]] QString summary() const; ///< the last value of each curve, in words
    void redrawNow();                      ///< does not wait for the timer

    [[nodiscard]] QSize sizeHint() const override { return {640, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 96}; }

signals:
    void cursorMoved(double x);
    void cursorLeft();
    void followingChanged(bool following);

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom
