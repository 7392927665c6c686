// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/PortableMath.h"

#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace heirloom {
namespace {

/// How many doubles lie between a value and the one that long double arithmetic gives.
double ulpsOff(double value, long double exact) {
    const auto rounded = static_cast<double>(exact);
    const double unit = std::nextafter(std::abs(rounded), std::numeric_limits<double>::infinity()) -
                        std::abs(rounded);
    return static_cast<double>(std::abs(static_cast<long double>(value) - exact) /
                               static_cast<long double>(unit));
}

template <class Draw, class Mine, class Exact> double worst(Draw draw, Mine mine, Exact exact) {
    Random random(7);
    double most = 0;
    for (int i = 0; i < 200'000; ++i) {
        const double x = draw(random);
        most = std::max(most, ulpsOff(mine(x), exact(static_cast<long double>(x))));
    }
    return most;
}

TEST(PortableMath, IsWithinTwoUnitsInTheLastPlace) {
    const auto unit = [](Random& r) { return 1.0 - r.uniform(); };
    const auto wide = [](Random& r) {
        return std::ldexp(1.0 + r.uniform(), static_cast<int>(r.below(2000)) - 1000);
    };
    const auto logOf = [](long double x) { return std::log(x); };
    EXPECT_LE(worst(unit, portableLog, logOf), 2);
    EXPECT_LE(worst(wide, portableLog, logOf), 2);
    EXPECT_LE(worst([](Random& r) { return 1400 * r.uniform() - 700; },
                    portableExp,
                    [](long double x) { return std::exp(x); }),
              2);
    const auto angle = [](Random& r) { return 2 * std::numbers::pi * r.uniform(); };
    const auto far = [](Random& r) { return 2e4 * r.uniform() - 1e4; };
    for (const bool isFar : {false, true}) {
        const auto draw = [&](Random& r) { return isFar ? far(r) : angle(r); };
        EXPECT_LE(worst(draw, portableSin, [](long double x) { return std::sin(x); }), 2) << isFar;
        EXPECT_LE(worst(draw, portableCos, [](long double x) { return std::cos(x); }), 2) << isFar;
    }
    EXPECT_LE(worst([](Random& r) { return 100 * r.uniform(); },
                    [](double x) { return portableHypot(x, 1.5); },
                    [](long double x) { return std::hypot(x, 1.5L); }),
              2);
}

TEST(PortableMath, KnowsItsEnds) {
    EXPECT_EQ(portableLog(1), 0);
    EXPECT_EQ(portableExp(0), 1);
    EXPECT_EQ(portableExp(-1000), 0);
    EXPECT_EQ(portableExp(1000), std::numeric_limits<double>::infinity());
    EXPECT_EQ(portableSin(0), 0);
    EXPECT_EQ(portableCos(0), 1);
    EXPECT_EQ(portableHypot(0, 0), 0);
    EXPECT_EQ(portableHypot(3e300, 4e300), 5e300);
    EXPECT_EQ(portablePower(3, 0), 1);
    EXPECT_EQ(portablePower(3, 5), 243);
}

} // namespace
} // namespace heirloom
