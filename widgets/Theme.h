// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QString>

#include <array>
#include <string_view>

class QApplication;

namespace heirloom {

enum class ThemeChoice { System, Light, Dark };

/// All colours, spaces and fonts of the window; nothing else writes a colour. See also theme() for the one in force.
struct Theme {
    bool dark = false;
    QColor window;  ///< menu bar, status bar
    QColor surface; ///< panels; QPalette::Window and Base
    QColor raised;  ///< hovered, grooves, tool tips
    QColor border;
    QColor text, muted;
    QColor accent, onAccent;
    QColor accentTint; ///< behind a selected row
    QColor fine, warning, error;
    std::array<QColor, 8> series; ///< curves and strategies

    static constexpr int tight = 4, space = 8, padding = 12, group = 16, empty = 24;
    static constexpr int rowHeight = 24, controlHeight = 28, toolbarHeight = 44, radius = 4;

    static Theme light();
    static Theme darkOne();
    /// Colour of a selection strategy ("uniform", "random:seed=3"); the same in gutter, inspector, thumbnails and curves.
    [[nodiscard]] QColor strategy(std::string_view name) const;
    [[nodiscard]] QColor seriesColour(int index) const {
        return series[static_cast<std::size_t>(index) % series.size()];
    }
};

/// The theme in force. Widgets that paint by hand read it in paintEvent and repaint on QEvent::PaletteChange.
[[nodiscard]] const Theme& theme();

/// Sets style, palette and fonts of the whole application; callable at any time;
/// open windows hear of it by PaletteChange, with the next events. System derives from the palette the program started with.
void applyTheme(QApplication& application, ThemeChoice choice);
[[nodiscard]] ThemeChoice themeChoice();

/// `share` of `over` on `under`, opaque.
[[nodiscard]] QColor blended(const QColor& over, const QColor& under, double share);

[[nodiscard]] QFont titleFont();     ///< semi-bold at the base size
[[nodiscard]] QFont monospaceFont(); ///< tensor names, shapes
[[nodiscard]] QFont numberFont();    ///< the base font; NumberLabel and drawNumbers() space its figures evenly
[[nodiscard]] QFont smallFont();     ///< captions, one point below the base

/// "5 543 716" with thin spaces; "22.2 MB"; "5.5 M".
[[nodiscard]] QString groupedNumber(qint64 value);
[[nodiscard]] QString byteText(qint64 bytes);
[[nodiscard]] QString shortCount(qint64 value);

} // namespace heirloom
