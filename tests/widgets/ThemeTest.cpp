// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/Theme.h"

#include "widgets/controls/Icon.h"
#include "widgets/controls/NumberLabel.h"
#include "widgets/controls/Pill.h"

#include <QApplication>
#include <QDirIterator>
#include <QFontDatabase>
#include <QFontInfo>
#include <QImage>
#include <QPainter>
#include <QPushButton>
#include <QRawFont>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

/// Relative luminance and contrast as WCAG 2.1 defines them.
double luminance(const QColor& colour) {
    const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const auto [dark, light] = std::minmax({luminance(a), luminance(b)});
    return (light + 0.05) / (dark + 0.05);
}

class Themes : public testing::TestWithParam<bool> {
protected:
    Theme t = GetParam() ? Theme::darkOne() : Theme::light();
};

TEST_P(Themes, AllTextHasAContrastOfFourAndAHalfOnEverythingBehindIt) {
    for (const QColor& under : {t.window, t.surface, t.raised}) {
        for (const QColor& over : {t.text, t.muted, t.accent, t.fine, t.warning, t.error})
            EXPECT_GE(contrast(over, under), 4.5) << over.name().toStdString() << " on " << under.name().toStdString();
    }
    EXPECT_GE(contrast(t.onAccent, t.accent), 4.5);
    for (const QColor& over : {t.text, t.muted})
        EXPECT_GE(contrast(over, t.accentTint), 4.5);
}

TEST_P(Themes, SeriesAreSeenOnTheSurfaceAndDifferFromEachOther) {
    for (std::size_t i = 0; i < t.series.size(); ++i) {
        EXPECT_GE(contrast(t.series[i], t.surface), 3.0) << i;
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_NE(t.series[i], t.series[j]);
    }
}

INSTANTIATE_TEST_SUITE_P(Both, Themes, testing::Values(false, true),
                         [](const auto& either) { return either.param ? "Dark" : "Light"; });

TEST(Theme, KnownStrategiesHaveColoursOfTheirOwnAndOptionsDoNotChangeThem) {
    const Theme t = Theme::light();
    EXPECT_EQ(t.strategy("uniform"), t.series[0]);
    EXPECT_EQ(t.strategy("random:seed=3"), t.strategy("random"));
    EXPECT_NE(t.strategy("consecutive"), t.strategy("magnitude"));
    EXPECT_EQ(t.strategy("fresh"), t.muted);
}

TEST(Theme, ChangesAtRunTimeAndReachesThePalette) {
    auto& app = *static_cast<QApplication*>(QApplication::instance());
    applyTheme(app, ThemeChoice::Dark);
    EXPECT_TRUE(theme().dark);
    EXPECT_EQ(app.palette().color(QPalette::Window), Theme::darkOne().surface);
    applyTheme(app, ThemeChoice::Light);
    EXPECT_FALSE(theme().dark);
    EXPECT_EQ(app.palette().color(QPalette::WindowText), Theme::light().text);
}

TEST(Theme, FontsArePresentAndHoldTheSignsThatTheWindowWrites) {
    ASSERT_FALSE(QFontDatabase::families().isEmpty()) << "no font on this machine: install fonts-dejavu-core";
    // A picture of the signs must not be a row of equal boxes, whichever font lends them.
    const auto draw = [](QChar sign) {
        QImage image(24, 24, QImage::Format_Grayscale8);
        image.fill(255);
        QPainter painter(&image);
        painter.drawText(image.rect(), Qt::AlignCenter, QString(sign));
        return image;
    };
    const QImage box = draw(QChar(0xFFFF));
    for (const char16_t sign : {u'A', u'8', u'×', u'…', u'·', u'→', u'←'})
        EXPECT_NE(draw(QChar(sign)), box) << static_cast<int>(sign);
    EXPECT_NE(draw(u'×'), draw(u'→'));
    EXPECT_TRUE(QFontInfo(monospaceFont()).fixedPitch());
}

TEST(Theme, WritesNumbersInGroupsAndWithUnits) {
    const QString thin(QChar(0x202F));
    EXPECT_EQ(groupedNumber(5543716), "5" + thin + "543" + thin + "716");
    EXPECT_EQ(groupedNumber(-1234), "-1" + thin + "234");
    EXPECT_EQ(groupedNumber(999), "999");
    EXPECT_EQ(byteText(22'174'864), "22.2" + thin + "MB");
    EXPECT_EQ(byteText(999'999), "1.0" + thin + "MB");
    EXPECT_EQ(byteText(12), "12" + thin + "B");
    EXPECT_EQ(shortCount(5'543'716), "5.5" + thin + "M");
    EXPECT_EQ(shortCount(716), "716");
}

TEST(NumberLabel, GivesEveryFigureTheSameWidth) {
    const QFontMetrics metrics(numberFont());
    EXPECT_EQ(numbersWidth(metrics, "1111"), numbersWidth(metrics, "8888"));
    EXPECT_GT(numbersWidth(metrics, "11111"), numbersWidth(metrics, "8888"));
}

TEST(Icon, EveryIconDrawsSomethingInTheColourAskedFor) {
    int count = 0;
    EXPECT_FALSE(icon("play").isNull()); // registers the resources
    QDirIterator files(":/icons", {"*.svg"});
    while (files.hasNext()) {
        const QString name = QFileInfo(files.next()).baseName();
        ++count;
        const QImage image = iconPixmap(name, 20, QColor(255, 0, 0), 2).toImage();
        EXPECT_EQ(image.width(), 40);
        int painted = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.pixelColor(x, y).alpha() > 128) {
                    ++painted;
                    if (name != "heirloom") {
                        EXPECT_GT(image.pixelColor(x, y).red(), 200) << name.toStdString();
                    }
                }
        EXPECT_GT(painted, 10) << name.toStdString();
    }
    EXPECT_GT(count, 15);
    EXPECT_TRUE(icon("no such icon").isNull());
}

TEST(LookStyle, ButtonsAreTwentyEightPixelsHighAndThePrimaryOneIsFilledWithTheAccent) {
    QPushButton plain("Stop");
    QPushButton primary("Start");
    primary.setProperty("primary", true);
    primary.ensurePolished();
    EXPECT_EQ(plain.sizeHint().height(), Theme::controlHeight);
    primary.resize(primary.sizeHint());
    EXPECT_EQ(primary.grab().toImage().pixelColor(5, primary.height() / 2), theme().accent);
}

TEST(Pill, IsHiddenWithoutWords) {
    QWidget parent;
    Pill pill("uniform", Pill::Tone::Accent, &parent);
    EXPECT_FALSE(pill.isHidden());
    pill.setText({});
    EXPECT_TRUE(pill.isHidden());
}

} // namespace
} // namespace heirloom
