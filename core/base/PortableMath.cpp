// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/PortableMath.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace heirloom {
namespace {

// ln 2 and π/2 in parts whose first ones end in zeros, so that small multiples of them are exact.
constexpr double ln2High = 0x1.62e42fee00000p-1;
constexpr double ln2Low = 0x1.a39ef35793c76p-33;
constexpr double halfPi1 = 0x1.921fb54400000p+0;
constexpr double halfPi2 = 0x1.0b4611a600000p-34;
constexpr double halfPi3 = 0x1.3198a2e037073p-69;

/// x - x³/3! + x⁵/5! - ... for |x| <= π/4, where the first term left out is below 2^-60.
double sinNear0(double x) {
    const double y = x * x;
    double sum = 0;
    for (int n = 17; n >= 3; n -= 2)
        sum = (1.0 + sum) * (-y / static_cast<double>((n - 1) * n));
    return x + x * sum;
}

/// 1 - x²/2! + x⁴/4! - ... for |x| <= π/4.
double cosNear0(double x) {
    const double y = x * x;
    double sum = 0;
    for (int n = 18; n >= 4; n -= 2)
        sum = (1.0 + sum) * (-y / static_cast<double>((n - 1) * n));
    const double half = 0.5 * y;
    const double first = 1.0 - half;
    return first + (((1.0 - first) - half) - half * sum);
}

struct Quarter {
    double rest; ///< in [-π/4, π/4]
    int turns;   ///< of π/2, in [0, 4)
};

Quarter quarterOf(double x) {
    assert(std::abs(x) <= 1e6);
    const double count = std::floor(x / (halfPi1 + halfPi2) + 0.5);
    const double rest = ((x - count * halfPi1) - count * halfPi2) - count * halfPi3;
    return {rest, static_cast<int>(static_cast<long long>(count) & 3)};
}

} // namespace

double portableLog(double x) {
    assert(x >= std::numeric_limits<double>::min() && std::isfinite(x));
    int power = 0;
    double m = std::frexp(x, &power); // [1/2, 1)
    if (m < std::numbers::sqrt2 / 2) {
        m *= 2;
        --power;
    }
    // ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.172: the terms fall by 34 each.
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double sum = 0;
    for (int n = 23; n >= 3; n -= 2)
        sum = (sum + 1.0 / n) * z;
    // 2s = f - s f, so the small part alone is rounded.
    const auto k = static_cast<double>(power);
    return k * ln2High + (f - (s * (f - 2.0 * sum) - k * ln2Low));
}

double portableExp(double x) {
    if (x < -745.2)
        return 0;
    if (x > 709.7)
        return std::numeric_limits<double>::infinity();
    const double k = std::floor(x / std::numbers::ln2 + 0.5);
    const double r = (x - k * ln2High) - k * ln2Low; // |r| <= 0.347
    double sum = 0;
    for (int n = 14; n >= 2; --n)
        sum = (1.0 + sum) * (r / n);
    return std::ldexp(1.0 + (r + r * sum), static_cast<int>(k));
}

double portableSin(double x) {
    const auto [rest, turns] = quarterOf(x);
    const double value = turns % 2 == 0 ? sinNear0(rest) : cosNear0(rest);
    return turns < 2 ? value : -value;
}

double portableCos(double x) {
    const auto [rest, turns] = quarterOf(x);
    const double value = turns % 2 == 0 ? cosNear0(rest) : sinNear0(rest);
    return turns == 0 || turns == 3 ? value : -value;
}

double portablePower(double x, long long n) {
    assert(n >= 0);
    double power = 1;
    for (double square = x; n > 0; n /= 2, square *= square)
        if (n % 2 != 0)
            power *= square;
    return power;
}

double portableHypot(double a, double b) {
    a = std::abs(a);
    b = std::abs(b);
    const double large = a > b ? a : b;
    const double small = a > b ? b : a;
    if (large == 0)
        return 0;
    const double ratio = small / large;
    return large * std::sqrt(1.0 + ratio * ratio);
}

} // namespace heirloom
