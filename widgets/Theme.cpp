// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/Theme.h"

#include "widgets/LookStyle.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPalette>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <optional>

namespace heirloom {

namespace {

constexpr QChar thinSpace(0x202F); // narrow and not breaking

struct LookState {
    Theme theme = Theme::light();
    ThemeChoice choice = ThemeChoice::System;
    std::optional<bool> systemIsDark; // of the palette before ours
    QFont base;
};

LookState& state() {
    static LookState s;
    return s;
}

QFont chooseBaseFont() {
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    if (QFontDatabase::families().contains(QStringLiteral("Inter")))
        font.setFamily(QStringLiteral("Inter"));
    // 9.75 pt are 13 px at 96 dpi; a larger wish of the desktop is followed as far as the rows of 24 px allow.
    font.setPointSizeF(std::clamp(font.pointSizeF(), 9.75, 11.0));
    font.setHintingPreference(QFont::PreferVerticalHinting);
    return font;
}

QPalette paletteOf(const Theme& t) {
    QPalette p(t.surface, t.surface);
    const QColor faint = blended(t.muted, t.surface, 0.6);
    p.setColor(QPalette::Window, t.surface);
    p.setColor(QPalette::Base, t.surface);
    p.setColor(QPalette::AlternateBase, t.window);
    p.setColor(QPalette::Button, t.surface);
    p.setColor(QPalette::ToolTipBase, t.raised);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText,
                            QPalette::BrightText}) {
        p.setColor(role, t.text);
        p.setColor(QPalette::Disabled, role, faint);
    }
    p.setColor(QPalette::PlaceholderText, t.muted);
    p.setColor(QPalette::Highlight, t.accent);
    p.setColor(QPalette::Inactive, QPalette::Highlight, t.accent);
    p.setColor(QPalette::Disabled, QPalette::Highlight, t.border);
    p.setColor(QPalette::HighlightedText, t.onAccent);
    p.setColor(QPalette::Link, t.accent);
    p.setColor(QPalette::LinkVisited, t.accent);
    p.setColor(QPalette::Light, t.raised);
    p.setColor(QPalette::Midlight, t.raised);
    p.setColor(QPalette::Mid, t.border);
    p.setColor(QPalette::Dark, t.border);
    p.setColor(QPalette::Shadow, t.border);
    return p;
}

} // namespace

Theme Theme::light() {
    Theme t;
    t.window = QColor(0xF5F6F8);
    t.surface = QColor(0xFFFFFF);
    t.raised = QColor(0xEDF0F4);
    t.border = QColor(0xD3D9E0);
    t.text = QColor(0x1B2430);
    t.muted = QColor(0x586374);
    t.accent = QColor(0x2566AE);
    t.onAccent = QColor(0xFFFFFF);
    t.accentTint = QColor(0xE1EBF7);
    t.fine = QColor(0x1B7A4B);
    t.warning = QColor(0x8F5A00);
    t.error = QColor(0xB3261E);
    t.series = {QColor(0x0072B2), QColor(0xC4510A), QColor(0x00795A), QColor(0x9B4F96),
                QColor(0x5B6770), QColor(0xB8860B), QColor(0x1F9ACF), QColor(0xB03060)};
    return t;
}

Theme Theme::darkOne() {
    Theme t;
    t.dark = true;
    t.window = QColor(0x14181E);
    t.surface = QColor(0x1B2128);
    t.raised = QColor(0x252D37);
    t.border = QColor(0x3A4450);
    t.text = QColor(0xE6EAF0);
    t.muted = QColor(0x9CA8B7);
    t.accent = QColor(0x74B0F4);
    t.onAccent = QColor(0x10161D);
    t.accentTint = QColor(0x22364F);
    t.fine = QColor(0x62C493);
    t.warning = QColor(0xE2AC52);
    t.error = QColor(0xF48A82);
    t.series = {QColor(0x5AB4F0), QColor(0xFF9A57), QColor(0x3CC79C), QColor(0xD79BD2),
                QColor(0xA9B4C0), QColor(0xE3C04F), QColor(0x8AD4FF), QColor(0xFF8FB0)};
    return t;
}

QColor Theme::strategy(std::string_view name) const {
    // The random twin is series 1 in the curves, so "random" is too.
    static constexpr std::array<std::string_view, 6> known = {"uniform",   "random",   "consecutive",
                                                             "magnitude", "explicit", "published"};
    const std::string_view word = name.substr(0, name.find(':'));
    if (word == "fresh")
        return muted;
    const auto at = std::ranges::find(known, word);
    if (at != known.end())
        return series[static_cast<std::size_t>(at - known.begin())];
    return word == "first" || word == "last" ? series[2] : series[6];
}

const Theme& theme() { return state().theme; }

ThemeChoice themeChoice() { return state().choice; }

void applyTheme(QApplication& application, ThemeChoice choice) {
    LookState& s = state();
    if (!s.systemIsDark) {
        s.systemIsDark = application.palette().color(QPalette::Window).lightness() < 128;
        s.base = chooseBaseFont();
        QApplication::setStyle(new LookStyle); // owned by the application
        QApplication::setFont(s.base);
    }
    s.choice = choice;
    const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && *s.systemIsDark);
    s.theme = dark ? Theme::darkOne() : Theme::light();
    const QPalette palette = paletteOf(s.theme);
    QApplication::setPalette(palette);
    QToolTip::setPalette(palette);
    QToolTip::setFont(s.base);
}

QColor blended(const QColor& over, const QColor& under, double share) {
    const auto mix = [share](int a, int b) { return static_cast<int>(std::lround(a * share + b * (1 - share))); };
    return QColor(mix(over.red(), under.red()), mix(over.green(), under.green()), mix(over.blue(), under.blue()));
}

QFont titleFont() {
    QFont font = QApplication::font();
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont monospaceFont() {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (QFontDatabase::families().contains(QStringLiteral("DejaVu Sans Mono")))
        font.setFamily(QStringLiteral("DejaVu Sans Mono"));
    // Monospaced faces are wide: a little smaller, they match the text beside them.
    font.setPointSizeF(QApplication::font().pointSizeF() - 0.75);
    return font;
}

QFont numberFont() { return QApplication::font(); }

QFont smallFont() {
    QFont font = QApplication::font();
    font.setPointSizeF(font.pointSizeF() - 0.75);
    return font;
}

QString groupedNumber(qint64 value) {
    QString digits = QString::number(value);
    const int first = value < 0 ? 1 : 0;
    for (auto at = digits.size() - 3; at > first; at -= 3)
        digits.insert(at, thinSpace);
    return digits;
}

namespace {

QString scaled(double value, std::initializer_list<const char*> units) {
    auto unit = units.begin();
    // 999.95 would be shown as 1000.0
    while (std::abs(value) >= 999.95 && unit + 1 != units.end()) {
        value /= 1000;
        ++unit;
    }
    const bool whole = unit == units.begin();
    const QString word = QString::fromLatin1(*unit);
    const QString number = QString::number(value, 'f', whole || std::abs(value) >= 99.95 ? 0 : 1);
    return word.isEmpty() ? number : number + thinSpace + word;
}

} // namespace

QString byteText(qint64 bytes) {
    return scaled(static_cast<double>(bytes), {"B", "kB", "MB", "GB", "TB"});
}

QString shortCount(qint64 value) { return scaled(static_cast<double>(value), {"", "k", "M", "G"}); }

} // namespace heirloom
