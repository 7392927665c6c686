// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CurveItems.h"
#include "widgets/plots/CurveOverlayPainter.h"
#include "widgets/plots/CurvePlot.h"
#include "widgets/plots/LabelPlacement.h"
#include "widgets/plots/Smoothing.h"
#include "widgets/plots/TwinComparison.h"

#include "widgets/Theme.h"

#include <QApplication>
#include <QSignalSpy>
#include <QtTest/QTest>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace heirloom {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Smoothing, EqualsTensorBoardsFormula) {
    // last = .6 last + .4 y; out = last / (1 - .6^n), by hand.
    const std::vector<double> out = smoothed(std::vector<double>{1, 2, 4}, 0.6);
    EXPECT_NEAR(out[0], 1, 1e-12);
    EXPECT_NEAR(out[1], (0.6 * 0.4 + 0.8) / 0.64, 1e-12);
    EXPECT_NEAR(out[2], (0.6 * (0.6 * 0.4 + 0.8) + 1.6) / 0.784, 1e-12);
}

TEST(Smoothing, LeavesASeriesOfEqualValuesExactlyAsItIs) {
    for (const double v : smoothed(std::vector<double>(50, 0.1), 0.99))
        EXPECT_EQ(v, 0.1);
}

TEST(Smoothing, LetsValuesThatAreNotFinitePassWithoutEffect) {
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> with = smoothed(std::vector<double>{1, nan, 2, inf, 4}, 0.6);
    const std::vector<double> without = smoothed(std::vector<double>{1, 2, 4}, 0.6);
    EXPECT_TRUE(std::isnan(with[1]));
    EXPECT_EQ(with[3], inf);
    EXPECT_DOUBLE_EQ(with[2], without[1]);
    EXPECT_DOUBLE_EQ(with[4], without[2]);
}

TEST(Smoothing, OfWeightZeroIsTheSeriesItself) {
    const std::vector<double> values = {3, 1, 2};
    EXPECT_EQ(smoothed(values, 0), values);
}

std::vector<EpochMetrics> accuracies(std::initializer_list<double> values) {
    std::vector<EpochMetrics> answer;
    for (const double v : values)
        answer.push_back({int(answer.size()), 0, v, 2.0 * double(answer.size())});
    return answer;
}

TEST(TwinComparison, FindsWhereTheTwinsFinalAccuracyIsReached) {
    const auto found = compareWithTwin(accuracies({0.1, 0.2, 0.6, 0.7, 0.8}), accuracies({0.1, 0.1, 0.2, 0.3, 0.4}));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->epoch, 1.5, 1e-12); // half way from 0.2 to 0.6
    EXPECT_NEAR(found->seconds, 3, 1e-12);
    EXPECT_NEAR(found->timesSooner, 4 / 1.5, 1e-12);
    EXPECT_EQ(found->twinEpochs, 4);
    EXPECT_EQ(found->accuracy, 0.4);
}

TEST(TwinComparison, ClaimsNothingWhileTheRunIsBelowTheTwin) {
    EXPECT_FALSE(compareWithTwin(accuracies({0.1, 0.2}), accuracies({0.1, 0.3})));
    EXPECT_FALSE(compareWithTwin(accuracies({0.1, 0.2}), accuracies({0.1})));
    EXPECT_FALSE(compareWithTwin({}, {}));
}

TEST(TwinComparison, GivesNoFactorToARunThatStartsAboveTheTwinsEnd) {
    const auto found = compareWithTwin(accuracies({0.5, 0.6}), accuracies({0.1, 0.4}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->epoch, 0);
    EXPECT_EQ(found->timesSooner, 0);
}

TEST(TwinComparison, PassesOverEvaluationsWithoutAnAccuracy) {
    const auto found = compareWithTwin(accuracies({0.1, nan, 0.5}), accuracies({0.1, 0.3, nan}));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->epoch, 1, 1e-12);
    EXPECT_EQ(found->twinEpochs, 1);
}

TEST(LabelPlacement, PutsALabelNearItsPointAndAcrossNoLine) {
    const QRect area(50, 10, 400, 200);
    LabelPlacement placement(area);
    const QPointF a(50, 210), b(450, 10), anchor(250, 110);
    placement.addLine(a, b);
    placement.addLine({50, 110}, {450, 110});
    const auto place = placement.place(QSize(120, 16), anchor);
    ASSERT_TRUE(place);
    EXPECT_TRUE(area.contains(*place));
    for (int i = 0; i <= 4000; ++i) {
        EXPECT_FALSE(place->contains((a + (b - a) * (i / 4000.0)).toPoint()));
        EXPECT_FALSE(place->contains(QPoint(50 + i / 10, 110)));
    }
    EXPECT_LT(std::abs(place->center().x() - 250), 130); // near, not in a corner
}

TEST(LabelPlacement, SaysWhenThereIsNoRoom) {
    LabelPlacement placement(QRect(0, 0, 100, 60));
    for (int y = 0; y < 60; y += 8)
        placement.addLine({0, double(y)}, {100, double(y)});
    EXPECT_FALSE(placement.place(QSize(40, 16), {50, 30}));
    placement.addLine({0, nan}, {std::numeric_limits<double>::infinity(), 0}); // passed over
}

TEST(DashPieces, CutALineIntoDashesAndGapsOfTheirLength) {
    const QVector<QLineF> pieces = dashPieces({{0, 0}, {16, 0}}, 5, 3);
    ASSERT_EQ(pieces.size(), 2);
    EXPECT_EQ(pieces[0], QLineF(0, 0, 5, 0));
    EXPECT_EQ(pieces[1], QLineF(8, 0, 13, 0));
}

TEST(DashPieces, GoOnRoundACornerAndStopAtAGap) {
    const QVector<QLineF> bent = dashPieces({{0, 0}, {3, 0}, {3, 10}}, 5, 3);
    ASSERT_EQ(bent.size(), 3);
    EXPECT_EQ(bent[1], QLineF(3, 0, 3, 2));
    EXPECT_EQ(bent[2], QLineF(3, 5, 3, 10));
    EXPECT_TRUE(dashPieces({{0, 0}, {nan, nan}, {9, 0}}, 5, 3).isEmpty());
}

TEST(ValueText, WritesSharesInPerCentAndNamesWhatIsNoNumber) {
    EXPECT_EQ(valueText(0.5813, CurveUnit::Share), QString("58.1") + QChar(0x202F) + "%");
    EXPECT_EQ(valueText(1.0431, CurveUnit::Number), "1.043");
    EXPECT_EQ(valueText(nan, CurveUnit::Number), "NaN");
}

class Plot : public testing::Test {
protected:
    Plot() {
        plot.resize(600, 240);
        plot.addCurve(1, "selected", 0, false);
        plot.append(1, {{0, 0, 0, 0.1}, {10, 1, 2, 0.5}, {20, 2, 4, 0.7}});
        plot.show();
        plot.redrawNow();
        area = plot.findChild<QCustomPlot*>("plotArea");
    }
    CurvePlot plot{CurveUnit::Share};
    QCustomPlot* area = nullptr;
};

TEST_F(Plot, ShowsThePlannedEndFromTheStart) {
    plot.setPlannedEnd(1, 200, 20);
    plot.redrawNow();
    EXPECT_DOUBLE_EQ(area->xAxis->range().upper, 20);
    plot.setAxis(CurveAxis::Step);
    plot.redrawNow();
    EXPECT_DOUBLE_EQ(area->xAxis->range().upper, 200);
}

TEST_F(Plot, FollowsTheDataUntilTheUserZoomsAndAgainAfterADoubleClick) {
    EXPECT_TRUE(plot.isFollowing());
    QWheelEvent wheel(area->rect().center(), area->mapToGlobal(area->rect().center()), {}, {0, 120}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(area, &wheel);
    EXPECT_FALSE(plot.isFollowing());
    const QCPRange zoomed = area->xAxis->range();
    plot.append(1, {{30, 3, 6, 0.8}});
    plot.redrawNow();
    EXPECT_EQ(area->xAxis->range(), zoomed);
    QTest::mouseDClick(area, Qt::LeftButton, {}, area->rect().center());
    EXPECT_TRUE(plot.isFollowing());
    plot.redrawNow();
    EXPECT_DOUBLE_EQ(area->xAxis->range().upper, 3);
}

TEST_F(Plot, TellsTheOtherPlotsWhereTheMouseIs) {
    QSignalSpy moved(&plot, &CurvePlot::cursorMoved);
    QTest::mouseMove(area, area->axisRect()->center());
    QApplication::processEvents();
    ASSERT_GE(moved.count(), 1);
    EXPECT_NEAR(moved.last()[0].toDouble(), 1, 0.02);
}

TEST_F(Plot, DrawsInTheThemeInForceAfterAChange) {
    auto& app = *static_cast<QApplication*>(QApplication::instance());
    applyTheme(app, ThemeChoice::Dark);
    QApplication::processEvents(); // the new palette arrives as an event
    plot.redrawNow();
    EXPECT_EQ(plot.grab().toImage().pixelColor(2, 2), Theme::darkOne().surface);
    applyTheme(app, ThemeChoice::Light);
    QApplication::processEvents();
    plot.redrawNow();
    EXPECT_EQ(plot.grab().toImage().pixelColor(2, 2), Theme::light().surface);
}

TEST_F(Plot, MarksALossThatIsNotANumberWithATriangle) {
    const auto colouredBelow = [this] {
        const QImage image = plot.grab().toImage();
        int count = 0;
        for (int y = area->axisRect()->bottom() - 8; y < area->axisRect()->bottom() - 1; ++y)
            for (int x = area->axisRect()->left() + 200; x < area->axisRect()->right(); ++x)
                count += image.pixelColor(x, y) == theme().seriesColour(0);
        return count;
    };
    EXPECT_EQ(colouredBelow(), 0);
    plot.append(1, {{25, 2.5, 5, nan}});
    plot.setPlannedEnd(1, 30, 3); // keeps the mark away from the edge
    plot.redrawNow();
    EXPECT_GT(colouredBelow(), 5);
}

TEST_F(Plot, SaysItsLastValuesInWords) {
    EXPECT_NE(plot.summary().indexOf("selected: 70.0"), -1) << plot.summary().toStdString();
}

TEST_F(Plot, DrawsNothingMoreOfARemovedCurve) {
    plot.removeCurve(1);
    plot.append(1, {{30, 3, 6, 0.8}});
    EXPECT_EQ(area->graphCount(), 0);
    EXPECT_TRUE(plot.summary().isEmpty());
}

} // namespace
} // namespace heirloom
