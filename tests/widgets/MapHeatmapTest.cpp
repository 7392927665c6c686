// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "tests/widgets/MapTestModels.h"
#include "widgets/Theme.h"
#include "widgets/plots/CellText.h"
#include "widgets/plots/DivergingMap.h"
#include "widgets/plots/HeatmapContent.h"
#include "widgets/plots/HeatmapImage.h"
#include "widgets/plots/LatestJob.h"
#include "widgets/plots/RangeBar.h"

#include <QColor>
#include <QtTest/QTest>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace heirloom {
namespace {

double distance(const QColor& a, const QColor& b) {
    return std::hypot(a.red() - b.red(), a.green() - b.green(), a.blue() - b.blue());
}

/// L* of CIELAB, 0 to 100.
double lightness(QRgb colour) {
    const auto linear = [](int channel) {
        const double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const double y = 0.2126 * linear(qRed(colour)) + 0.7152 * linear(qGreen(colour)) +
                     0.0722 * linear(qBlue(colour));
    return 116 * std::cbrt(y) - 16;
}

PlaneView planeView(std::int64_t rows, std::int64_t columns, std::vector<float> values) {
    PlaneView view;
    auto plane = std::make_shared<Plane>(Plane{rows, columns, std::move(values)});
    view.norms = marginals(*plane);
    view.stats = tensorStats(*plane);
    view.pyramid = std::make_shared<HeatmapPyramid>(plane);
    return view;
}

TEST(ColourTable, ZeroIsANeighbourOfTheSurfaceInBothThemes) {
    for (const Theme& theme : {Theme::light(), Theme::darkOne()}) {
        const QColor zero = QColor::fromRgb(ColourTable::diverging(theme).at(0));
        EXPECT_LT(distance(zero, theme.surface), 24);
        EXPECT_GT(distance(zero, theme.surface), 0);
    }
}

TEST(ColourTable, LargerValuesStandOutMoreAndBothSignsAlike) {
    for (const Theme& theme : {Theme::light(), Theme::darkOne()}) {
        const ColourTable table = ColourTable::diverging(theme);
        const double sign = theme.dark ? 1 : -1; // lighter or darker than the surface
        for (int i = 1; i <= 20; ++i) {
            const float value = static_cast<float>(i) / 20;
            const float less = static_cast<float>(i - 1) / 20;
            EXPECT_GT(sign * lightness(table.at(value)), sign * lightness(table.at(less)) - 0.5);
            EXPECT_GT(sign * lightness(table.at(-value)), sign * lightness(table.at(-less)) - 0.5);
            EXPECT_NEAR(lightness(table.at(value)), lightness(table.at(-value)), 10);
        }
        EXPECT_GT(qRed(table.at(1)), qBlue(table.at(1)));
        EXPECT_GT(qBlue(table.at(-1)), qRed(table.at(-1)));
        EXPECT_EQ(table.at(7), table.at(1));
    }
}

TEST(ColourTable, WhatIsLeftBehindKeepsItsLightnessAndHalfItsColour) {
    const ColourTable table = ColourTable::diverging(Theme::light());
    const QColor full = QColor::fromRgb(table.at(0.8F, 256));
    const QColor left = QColor::fromRgb(table.at(0.8F, 0));
    EXPECT_EQ(full.rgb(), table.at(0.8F));
    EXPECT_LT(left.hsvSaturationF(), 0.75F * full.hsvSaturationF());
    EXPECT_NEAR(lightness(left.rgb()), lightness(full.rgb()), 6);
}

TEST(HeatmapImage, HatchesWhatIsNotFinite) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    const PlaneView view = planeView(2, 2, {nan, inf, 0.5F, -0.5F});
    const auto content = heatmapContent(view, nullptr, HeatmapOrder::Stored);
    const ColourTable colours = ColourTable::diverging(Theme::light());
    const QImage image = heatmapImage(*content, {0, 0, 1, 1}, {40, 40}, {}, colours);
    const QColor magenta = image.pixelColor(4, 4);
    EXPECT_GT(magenta.red(), 2 * magenta.green() + 60);
    EXPECT_GT(magenta.blue(), 2 * magenta.green() + 60);
    EXPECT_NE(image.pixel(4, 4), image.pixel(6, 4));
    for (int x = 22; x < 38; ++x)
        EXPECT_TRUE(image.pixelColor(x, 5) == QColor(Qt::white) ||
                    image.pixelColor(x, 5) == QColor(Qt::black));
    EXPECT_EQ(image.pixel(4, 30), colours.at(0.5F));
    EXPECT_EQ(image.pixel(30, 30), colours.at(-0.5F));
}

TEST(HeatmapImage, TakenCellsKeepTheirColourAndTheOthersFade) {
    const PlaneView view = planeView(4, 2, std::vector<float>(8, 0.9F));
    const PlaneOrigin origin{{0, 2}, {1}};
    const auto content = heatmapContent(view, &origin, HeatmapOrder::Stored);
    const ColourTable colours = ColourTable::diverging(Theme::light());
    const QImage image = heatmapImage(*content, {0, 0, 1, 1}, {2, 4}, {}, colours);
    EXPECT_EQ(image.pixel(1, 0), colours.at(0.9F, 256));
    EXPECT_EQ(image.pixel(0, 0), colours.at(0.9F, 0));
    EXPECT_EQ(image.pixel(1, 1), colours.at(0.9F, 0));
    EXPECT_EQ(image.pixel(1, 2), colours.at(0.9F, 256));
    // Two rows under one display cell, one of them taken.
    const QImage halved = heatmapImage(*content, {0, 0, 1, 1}, {2, 2}, {}, colours);
    EXPECT_EQ(halved.pixel(1, 0), colours.at(0.9F, 128));
}

TEST(HeatmapContent, SortsRowsInsideTheirBandsAndFindsEveryCellAgain) {
    std::vector<float> values;
    for (int i = 0; i < 6 * 3; ++i)
        values.push_back(static_cast<float>((i * 7) % 11) - 5);
    PlaneView view = planeView(6, 3, values);
    view.bands = {{"Q", 0, 2, 1}, {"K", 2, 2, 1}, {"V", 4, 2, 1}};
    const PlaneOrigin origin{{1, 4}, {0, 2}};
    const auto content = heatmapContent(view, &origin, HeatmapOrder::ByNorm);
    for (std::int64_t row = 0; row < 6; ++row) {
        EXPECT_EQ(content->planeRow(row) / 2, row / 2) << "left its band";
        EXPECT_EQ(content->shownRow(content->planeRow(row)), row);
        if (row % 2 == 1) {
            EXPECT_GE(content->rowNorms[static_cast<std::size_t>(row - 1)],
                      content->rowNorms[static_cast<std::size_t>(row)]);
        }
        for (std::int64_t column = 0; column < 3; ++column)
            EXPECT_EQ(
                content->pyramid->plane().at(row, column),
                view.pyramid->plane().at(content->planeRow(row), content->planeColumn(column)));
    }
    std::vector<std::int64_t> rows;
    for (const std::int64_t taken : content->takenRows)
        rows.push_back(content->planeRow(taken));
    std::ranges::sort(rows);
    EXPECT_EQ(rows, origin.rows);
    EXPECT_TRUE(std::ranges::is_sorted(content->takenColumns));
}

TEST(CellText, GoesThroughTheIndexListsExactly) {
    const test::MapModels models;
    const auto plan = models.planOfElement("uniform:heads=blended");
    const auto view = models.view(*plan, "blocks.1.attn.qkv.weight");
    // Blended uniform halves both axes: every second row and column.
    EXPECT_EQ(teacherCellOf(*view, {338, 76}), (PlaneCell{676, 152}));
    EXPECT_EQ(studentCellOf(*view, {676, 152}), (PlaneCell{338, 76}));
    EXPECT_FALSE(studentCellOf(*view, {676, 153}).has_value());
    EXPECT_FALSE(studentCellOf(*view, {677, 152}).has_value());
    const QString value = valueText(view->teacherPlane->pyramid->plane().at(676, 152));
    EXPECT_EQ(studentCellText(*view, {338, 76}),
              QStringLiteral("student [338, 76] ← teacher [676, 152] = ") + value);
    EXPECT_EQ(teacherCellText(*view, {676, 152}),
              QStringLiteral("teacher [676, 152] → student [338, 76] = ") + value);
    EXPECT_TRUE(teacherCellText(*view, {676, 153}).endsWith(QStringLiteral(" · not taken")));
}

TEST(CellText, EveryStudentCellHoldsItsTeachersValue) {
    const test::MapModels models;
    const auto plan = models.planOfElement("random:seed=5");
    const auto view = models.view(*plan, "blocks.0.attn.proj.weight");
    const Plane& teacher = view->teacherPlane->pyramid->plane();
    const Plane& student = view->studentPlane->pyramid->plane();
    for (std::int64_t row = 0; row < student.rows; row += 7)
        for (std::int64_t column = 0; column < student.columns; column += 5) {
            const PlaneCell source = teacherCellOf(*view, {row, column}).value();
            EXPECT_EQ(student.at(row, column), teacher.at(source.row, source.column));
        }
}

TEST(CellText, IndexesTheTensorNotThePlane) {
    EXPECT_EQ(indexText({384, 3, 16, 16}, ((5 * 3 + 2) * 16 + 7) * 16 + 1),
              QStringLiteral("[5, 2, 7, 1]"));
    EXPECT_EQ(indexText({1, 197, 384}, 196 * 384 + 3), QStringLiteral("[0, 196, 3]"));
    EXPECT_EQ(indexText({7}, 6), QStringLiteral("[6]"));
}

TEST(CellText, SaysFreshOfAFreshCell) {
    const test::MapModels models;
    const auto plan = models.plan();
    const auto view = models.view(*plan, "head.weight");
    EXPECT_FALSE(teacherCellOf(*view, {3, 4}).has_value());
    EXPECT_TRUE(studentCellText(*view, {3, 4}).endsWith(QStringLiteral(" · fresh")));
}

TEST(RangeText, KeepsThreeFigures) {
    EXPECT_EQ(rangeText(0.118F), QStringLiteral("0.118"));
    EXPECT_EQ(rangeText(1.717F), QStringLiteral("1.72"));
    EXPECT_EQ(rangeText(0.00521F), QStringLiteral("0.00521"));
    EXPECT_EQ(rangeText(250), QStringLiteral("250"));
}

TEST(LatestJob, ANewerRequestReplacesTheOneThatWaits) {
    LatestJob<int> job;
    std::atomic<bool> go = false;
    std::vector<int> answers;
    std::atomic<int> ran = 0;
    const auto done = [&answers](int answer) { answers.push_back(answer); };
    job.request(
        [&] {
            while (!go)
                std::this_thread::yield();
            ++ran;
            return 1;
        },
        done);
    job.request(
        [&] {
            ++ran;
            return 2;
        },
        done);
    job.request(
        [&] {
            ++ran;
            return 3;
        },
        done);
    go = true;
    EXPECT_TRUE(QTest::qWaitFor([&] { return !answers.empty(); }));
    EXPECT_EQ(answers, std::vector<int>{3});
    EXPECT_EQ(ran, 2);
}

} // namespace
} // namespace heirloom
