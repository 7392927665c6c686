// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRgb>

#include <array>

namespace heirloom {

struct Theme;

/// Colours of a value between -range and +range, each with a fainter twin for what is left behind.
///
/// Signed values: the nine colours of ColorBrewer's RdBu (Cynthia Brewer and Mark Harrower,
/// colorbrewer2.org, Apache-2.0), blue negative, red positive, interpolated in Oklab. The middle is
/// a neighbour of the theme's surface, so zero recedes in both; on a dark surface the order of
/// lightness is turned round, so that large values shine. Magnitudes (RMS): viridis (matplotlib,
/// CC0).
class ColourTable {
public:
    static constexpr int half = 256; ///< steps from zero to the range

    [[nodiscard]] static ColourTable diverging(const Theme& theme);
    [[nodiscard]] static ColourTable magnitude(); ///< negative values take the colour of zero

    /// `scaled` = value / range; beyond ±1 the end colours.
    [[nodiscard]] QRgb at(float scaled) const { return m_full[index(scaled)]; }
    /// `taken` of 256 parts of the full colour, the rest of its half-desaturated twin.
    [[nodiscard]] QRgb at(float scaled, int taken) const;

private:
    using Colours = std::array<QRgb, 2 * half + 1>;

    [[nodiscard]] static std::size_t index(float scaled);
    void fade();

    Colours m_full{};
    Colours m_faded{};
};

/// Black or white, whichever reads better on `background`.
[[nodiscard]] QRgb readableOn(QRgb background);

} // namespace heirloom
