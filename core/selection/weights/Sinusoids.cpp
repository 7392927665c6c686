// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/Sinusoids.h"

#include "core/base/PortableMath.h"

namespace heirloom {
namespace {

constexpr double kTemperature = 10000;

double angle(std::int64_t position, std::int64_t i, std::int64_t count) {
    return static_cast<double>(position) *
           portableExp(-static_cast<double>(i) / static_cast<double>(count) *
                       portableLog(kTemperature));
}

} // namespace

std::vector<float> sinusoidalRows(std::int64_t count, std::int64_t width) {
    std::vector<float> rows;
    rows.reserve(static_cast<std::size_t>(count * width));
    for (std::int64_t position = 0; position < count; ++position)
        for (std::int64_t i = 0; i < width; ++i) {
            const double at = angle(position, i - i % 2, width);
            rows.push_back(static_cast<float>(i % 2 == 0 ? portableSin(at) : portableCos(at)));
        }
    return rows;
}

std::vector<float> sinusoidalGrid(std::int64_t side, std::int64_t width) {
    const auto each = width / 4;
    std::vector<float> rows;
    rows.reserve(static_cast<std::size_t>(side * side * width));
    for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x) {
            for (const auto position : {y, x}) {
                for (std::int64_t i = 0; i < each; ++i)
                    rows.push_back(static_cast<float>(portableSin(angle(position, i, each))));
                for (std::int64_t i = 0; i < each; ++i)
                    rows.push_back(static_cast<float>(portableCos(angle(position, i, each))));
            }
            rows.insert(rows.end(), static_cast<std::size_t>(width % 4), 0.0F);
        }
    return rows;
}

} // namespace heirloom
