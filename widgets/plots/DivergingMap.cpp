// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/DivergingMap.h"

#include "widgets/Theme.h"

#include <QColor>

#include <algorithm>
#include <cmath>
#include <span>

namespace heirloom {
namespace {

/// Oklab of Björn Ottosson (bottosson.github.io/posts/oklab, public domain): equal steps look
/// equal.
struct Lab {
    double l = 0;
    double a = 0;
    double b = 0;
};

double linear(double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double gamma(double channel) {
    return channel <= 0.0031308 ? channel * 12.92 : 1.055 * std::pow(channel, 1 / 2.4) - 0.055;
}

Lab labOf(QRgb colour) {
    const double r = linear(qRed(colour) / 255.0);
    const double g = linear(qGreen(colour) / 255.0);
    const double b = linear(qBlue(colour) / 255.0);
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QRgb rgbOf(const Lab& lab) {
    const double l = std::pow(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
    const double m = std::pow(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
    const double s = std::pow(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
    const auto channel = [](double value) {
        return std::clamp(static_cast<int>(std::lround(255 * gamma(std::max(value, 0.0)))), 0, 255);
    };
    return qRgb(channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

Lab mixed(const Lab& from, const Lab& to, double share) {
    return {from.l + (to.l - from.l) * share,
            from.a + (to.a - from.a) * share,
            from.b + (to.b - from.b) * share};
}

/// Colour at `share` of [0, 1] along evenly spaced control points.
QRgb along(std::span<const QRgb> points, double share) {
    const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(points.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(at), points.size() - 2);
    return rgbOf(
        mixed(labOf(points[below]), labOf(points[below + 1]), at - static_cast<double>(below)));
}

// ColorBrewer RdBu, 9 classes, from the middle outwards. (The near-black ends of its 11 classes
// hide the sign of what is largest.)
constexpr std::array<QRgb, 4> reds{0xFFFDDBC7, 0xFFF4A582, 0xFFD6604D, 0xFFB2182B};
constexpr std::array<QRgb, 4> blues{0xFFD1E5F0, 0xFF92C5DE, 0xFF4393C3, 0xFF2166AC};
// viridis of matplotlib at tenths.
constexpr std::array<QRgb, 10> viridis{0xFF440154,
                                       0xFF482878,
                                       0xFF3E4989,
                                       0xFF31688E,
                                       0xFF26828E,
                                       0xFF1F9E89,
                                       0xFF35B779,
                                       0xFF6ECE58,
                                       0xFFB5DE2B,
                                       0xFFFDE725};

/// One arm of the map, zero first. On a dark surface the darkest colour stands nearest to zero, and
/// the palest, in which both signs look alike, is left out.
std::array<QRgb, 5> armOf(const std::array<QRgb, 4>& outwards, const Theme& theme) {
    const QRgb middle = blended(theme.raised, theme.surface, theme.dark ? 0.6 : 0.5).rgb();
    if (!theme.dark)
        return {middle, outwards[0], outwards[1], outwards[2], outwards[3]};
    const QRgb dim = rgbOf(mixed(labOf(middle), labOf(outwards[3]), 0.55));
    return {middle, dim, outwards[3], outwards[2], outwards[1]};
}

} // namespace

ColourTable ColourTable::diverging(const Theme& theme) {
    ColourTable table;
    const std::array<QRgb, 5> positive = armOf(reds, theme);
    const std::array<QRgb, 5> negative = armOf(blues, theme);
    for (int i = 0; i <= half; ++i) {
        const double share = static_cast<double>(i) / half;
        table.m_full[static_cast<std::size_t>(half + i)] = along(positive, share);
        table.m_full[static_cast<std::size_t>(half - i)] =
            i == 0 ? along(positive, 0) : along(negative, share);
    }
    table.fade();
    return table;
}

ColourTable ColourTable::magnitude() {
    ColourTable table;
    for (int i = -half; i <= half; ++i)
        table.m_full[static_cast<std::size_t>(half + i)] =
            along(viridis, std::max(i, 0) / static_cast<double>(half));
    table.fade();
    return table;
}

void ColourTable::fade() {
    for (std::size_t i = 0; i < m_full.size(); ++i) {
        Lab lab = labOf(m_full[i]);
        lab.a /= 2;
        lab.b /= 2;
        m_faded[i] = rgbOf(lab);
    }
}

std::size_t ColourTable::index(float scaled) {
    return static_cast<std::size_t>(half + std::lround(std::clamp(scaled, -1.0F, 1.0F) * half));
}

QRgb ColourTable::at(float scaled, int taken) const {
    const std::size_t i = index(scaled);
    if (taken >= 256)
        return m_full[i];
    const auto mix = [taken](int full, int faded) {
        return (full * taken + faded * (256 - taken)) >> 8;
    };
    const QRgb full = m_full[i];
    const QRgb faded = m_faded[i];
    return qRgb(mix(qRed(full), qRed(faded)),
                mix(qGreen(full), qGreen(faded)),
                mix(qBlue(full), qBlue(faded)));
}

QRgb readableOn(QRgb background) {
    return labOf(background).l > 0.62 ? qRgb(16, 22, 29) : qRgb(255, 255, 255);
}

} // namespace heirloom
