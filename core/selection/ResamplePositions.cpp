// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ResamplePositions.h"

#include "core/selection/InitializeStudent.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace heirloom {
namespace {

/// Cubic convolution with a = -0.5, torch's choice where antialiasing is on (PIL's too).
float cubic(float x) {
    constexpr float a = -0.5F;
    x = std::abs(x);
    if (x < 1.0F)
        return ((a + 2.0F) * x - (a + 3.0F)) * x * x + 1.0F;
    if (x < 2.0F)
        return ((a * x - 5.0F * a) * x + 8.0F * a) * x - 4.0F * a;
    return 0.0F;
}

/// out[i] = sum of weights × in[first + k], for vectors of `width` floats that lie `stride` floats
/// apart.
void filterLine(const std::vector<Taps>& taps,
                const float* in,
                std::int64_t inStride,
                float* out,
                std::int64_t outStride,
                std::int64_t width) {
    for (std::size_t i = 0; i < taps.size(); ++i) {
        float* to = out + static_cast<std::int64_t>(i) * outStride;
        std::fill_n(to, width, 0.0F);
        for (std::size_t k = 0; k < taps[i].weights.size(); ++k) {
            const float* from = in + (taps[i].first + static_cast<std::int64_t>(k)) * inStride;
            const float weight = taps[i].weights[k];
            for (std::int64_t c = 0; c < width; ++c)
                to[c] += weight * from[c];
        }
    }
}

} // namespace

std::vector<Taps> bicubicTaps(std::int64_t from, std::int64_t to) {
    const float scale = static_cast<float>(from) / static_cast<float>(to);
    const float support = scale >= 1.0F ? 2.0F * scale : 2.0F;
    const float inverse = scale >= 1.0F ? 1.0F / scale : 1.0F;
    std::vector<Taps> all(static_cast<std::size_t>(to));
    for (std::int64_t i = 0; i < to; ++i) {
        auto& taps = all[static_cast<std::size_t>(i)];
        const float centre = scale * (static_cast<float>(i) + 0.5F);
        taps.first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5F), 0);
        const auto end = std::min(static_cast<std::int64_t>(centre + support + 0.5F), from);
        float total = 0;
        for (std::int64_t k = taps.first; k < end; ++k) {
            taps.weights.push_back(cubic((static_cast<float>(k) - centre + 0.5F) * inverse));
            total += taps.weights.back();
        }
        for (float& weight : taps.weights)
            weight /= total;
    }
    return all;
}

std::optional<std::int64_t> gridSide(std::int64_t count) {
    if (count < 1)
        return std::nullopt;
    const auto side = std::llround(std::sqrt(static_cast<double>(count)));
    return side * side == count ? std::optional<std::int64_t>(side) : std::nullopt;
}

Result<HostTensor> resampleGrid(const HostTensor& positions,
                                std::int64_t oldPrefix,
                                std::int64_t newPrefix,
                                std::int64_t newTokens) {
    Shape shape = positions.shape;
    const std::size_t axis = shape.size() == 3 ? 1 : 0;
    if ((shape.size() != 3 && shape.size() != 2) || (axis == 1 && shape[0] != 1) ||
        positions.dtype != DType::F32)
        return fail("position embedding",
                    "expected F32 [1, tokens, dim] or [tokens, dim], found {} {}",
                    dtypeName(positions.dtype),
                    shapeText(shape));
    const auto oldSide = gridSide(shape[axis] - oldPrefix);
    const auto newSide = gridSide(newTokens - newPrefix);
    if (oldPrefix < 0 || newPrefix < 0 || !oldSide || !newSide)
        return fail("position embedding",
                    "{} and {} tokens without {} and {} before the grid are no square grids",
                    shape[axis],
                    newTokens,
                    oldPrefix,
                    newPrefix);
    const std::int64_t dim = shape.back();
    shape[axis] = newTokens;
    auto made = HostTensor::zeros(DType::F32, shape);
    if (dim == 0)
        return made;
    std::memcpy(made.bytes.data(),
                positions.bytes.data(),
                static_cast<std::size_t>(std::min(oldPrefix, newPrefix) * dim) * sizeof(float));
    const float* in = positions.floats().data() + oldPrefix * dim;
    float* out = made.floats().data() + newPrefix * dim;
    const auto taps = bicubicTaps(*oldSide, *newSide);
    // Rows first, then columns, as torch does it: the order decides the last bits.
    std::vector<float> rows(static_cast<std::size_t>(*oldSide * *newSide * dim));
    for (std::int64_t y = 0; y < *oldSide; ++y)
        filterLine(taps, in + y * *oldSide * dim, dim, rows.data() + y * *newSide * dim, dim, dim);
    for (std::int64_t x = 0; x < *newSide; ++x)
        filterLine(taps, rows.data() + x * dim, *newSide * dim, out + x * dim, *newSide * dim, dim);
    return made;
}

Result<HostTensor> resamplePositions(const HostTensor& positions,
                                     std::int64_t prefixTokens,
                                     std::int64_t newTokens) {
    return resampleGrid(positions, prefixTokens, prefixTokens, newTokens);
}

} // namespace heirloom
