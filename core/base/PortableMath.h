// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace heirloom {

// Functions whose last bit is the same on every machine: made of +, -, ×, ÷ and √ alone, which
// IEEE 754 fixes. Those of a C library differ between its versions and between processors (with and
// without fused multiply-add), and one bit in a draw is enough for another student.
// Off from the true value by at most 2 units in the last place.

/// Natural logarithm. \pre x is finite, positive and not denormal
[[nodiscard]] double portableLog(double x);
/// e to the x; 0 below -745, infinity above 709.
[[nodiscard]] double portableExp(double x);
/// \pre |x| <= 1e6
[[nodiscard]] double portableSin(double x);
/// \pre |x| <= 1e6
[[nodiscard]] double portableCos(double x);
/// x to the n by squaring. \pre n >= 0
[[nodiscard]] double portablePower(double x, long long n);
/// √(a² + b²), without overflow.
[[nodiscard]] double portableHypot(double a, double b);

} // namespace heirloom
