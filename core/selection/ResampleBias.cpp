// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/PortableMath.h"
#include "core/selection/ResamplePositions.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace heirloom {
namespace {

/// Where the old offsets lie among the new: 1, q, q² ... apart from the middle outwards, q such
/// that the outermost is at the new rim.
std::vector<float> oldOffsets(std::int64_t from, std::int64_t to) {
    const auto reach = static_cast<double>(to / 2);
    const auto steps = from / 2;
    double left = 1.01;
    double right = 1.5;
    double q = 0;
    while (right - left > 1e-6) {
        q = (left + right) / 2;
        const double sum = (1 - portablePower(q, steps)) / (1 - q);
        (sum > reach ? right : left) = q;
    }
    std::vector<float> offsets(static_cast<std::size_t>(from));
    double offset = 1;
    for (std::int64_t i = 0; i < steps; ++i) {
        offsets[static_cast<std::size_t>(steps + 1 + i)] = static_cast<float>(offset);
        offsets[static_cast<std::size_t>(steps - 1 - i)] = static_cast<float>(-offset);
        offset += portablePower(q, i + 1);
    }
    return offsets;
}

/// Between which two old offsets each new one lies, and how far from the first, in [0, 1].
struct Between {
    std::size_t low = 0;
    std::size_t high = 0;
    float share = 0; ///< of the high one
};

std::vector<Between> placesOf(std::int64_t from, std::int64_t to) {
    const auto offsets = oldOffsets(from, to);
    std::vector<Between> places;
    for (std::int64_t i = 0; i < to; ++i) {
        const auto x = static_cast<float>(i - to / 2);
        const auto found = std::ranges::lower_bound(offsets, x);
        const auto high =
            std::min(static_cast<std::size_t>(found - offsets.begin()), offsets.size() - 1);
        const auto low = high == 0 ? 0 : high - 1;
        const float below = std::max(x - offsets[low], 0.0F);
        const float above = std::max(offsets[high] - x, 0.0F);
        places.push_back({low, high, below + above > 0 ? below / (below + above) : 0.0F});
    }
    return places;
}

} // namespace

HostTensor resampleBias(const HostTensor& table, std::int64_t newPositions) {
    const auto from = gridSide(table.shape[0]).value_or(0);
    const auto to = gridSide(newPositions).value_or(0);
    assert(from % 2 == 1 && to % 2 == 1);
    const auto heads = static_cast<std::size_t>(table.shape[1]);
    auto made = HostTensor::zeros(DType::F32, {newPositions, table.shape[1]});
    if (heads == 0)
        return made;
    const auto places = placesOf(from, to);
    const auto side = static_cast<std::size_t>(from);
    const auto values = table.floats();
    float* out = made.floats().data();
    for (const auto& y : places)
        for (const auto& x : places)
            for (std::size_t head = 0; head < heads; ++head) {
                const auto at = [&](std::size_t row, std::size_t column) {
                    return values[(row * side + column) * heads + head];
                };
                *out++ =
                    (1 - y.share) *
                        ((1 - x.share) * at(y.low, x.low) + x.share * at(y.low, x.high)) +
                    y.share * ((1 - x.share) * at(y.high, x.low) + x.share * at(y.high, x.high));
            }
    return made;
}

} // namespace heirloom
