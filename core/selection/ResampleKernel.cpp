// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/ResamplePositions.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace heirloom {
namespace {

/// Row-major, doubles: a patch side is a few dozen pixels.
struct SmallMatrix {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<double> values;

    SmallMatrix(std::int64_t r, std::int64_t c)
        : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
    double& at(std::int64_t r, std::int64_t c) {
        return values[static_cast<std::size_t>(r * columns + c)];
    }
    [[nodiscard]] double at(std::int64_t r, std::int64_t c) const {
        return values[static_cast<std::size_t>(r * columns + c)];
    }
};

/// Solves square · X = right by elimination with partial pivoting; `right` becomes X.
void solve(SmallMatrix square, SmallMatrix& right) {
    const auto n = square.rows;
    for (std::int64_t k = 0; k < n; ++k) {
        std::int64_t pivot = k;
        for (std::int64_t r = k + 1; r < n; ++r)
            if (std::abs(square.at(r, k)) > std::abs(square.at(pivot, k)))
                pivot = r;
        for (std::int64_t c = 0; c < n; ++c)
            std::swap(square.at(k, c), square.at(pivot, c));
        for (std::int64_t c = 0; c < right.columns; ++c)
            std::swap(right.at(k, c), right.at(pivot, c));
        for (std::int64_t r = 0; r < n; ++r) {
            if (r == k)
                continue;
            const double factor = square.at(r, k) / square.at(k, k);
            for (std::int64_t c = k; c < n; ++c)
                square.at(r, c) -= factor * square.at(k, c);
            for (std::int64_t c = 0; c < right.columns; ++c)
                right.at(r, c) -= factor * right.at(k, c);
        }
    }
    for (std::int64_t r = 0; r < n; ++r)
        for (std::int64_t c = 0; c < right.columns; ++c)
            right.at(r, c) /= square.at(r, r);
}

/// Transposed pseudo-inverse [to, from] of the bicubic resizing [to, from] of one side, which has
/// full rank: R (R^T R)^-1 where it is tall, (R R^T)^-1 R where it is wide.
SmallMatrix kernelResizing(std::int64_t from, std::int64_t to) {
    SmallMatrix resize(to, from);
    const auto taps = bicubicTaps(from, to);
    for (std::int64_t i = 0; i < to; ++i)
        for (std::size_t k = 0; k < taps[static_cast<std::size_t>(i)].weights.size(); ++k)
            resize.at(i, taps[static_cast<std::size_t>(i)].first + static_cast<std::int64_t>(k)) =
                static_cast<double>(taps[static_cast<std::size_t>(i)].weights[k]);
    const auto size = std::min(from, to);
    const bool isTall = to >= from;
    SmallMatrix square(size, size);
    for (std::int64_t a = 0; a < size; ++a)
        for (std::int64_t b = 0; b < size; ++b)
            for (std::int64_t k = 0; k < std::max(from, to); ++k)
                square.at(a, b) +=
                    isTall ? resize.at(k, a) * resize.at(k, b) : resize.at(a, k) * resize.at(b, k);
    if (!isTall) {
        solve(std::move(square), resize);
        return resize;
    }
    SmallMatrix transposed(from, to);
    for (std::int64_t r = 0; r < to; ++r)
        for (std::int64_t c = 0; c < from; ++c)
            transposed.at(c, r) = resize.at(r, c);
    solve(std::move(square), transposed); // symmetric, so its inverse is too
    for (std::int64_t r = 0; r < to; ++r)
        for (std::int64_t c = 0; c < from; ++c)
            resize.at(r, c) = transposed.at(c, r);
    return resize;
}

} // namespace

HostTensor resampleKernel(const HostTensor& kernel, std::int64_t newHeight, std::int64_t newWidth) {
    Shape shape = kernel.shape;
    const auto oldHeight = shape[2];
    const auto oldWidth = shape[3];
    shape[2] = newHeight;
    shape[3] = newWidth;
    auto made = HostTensor::zeros(DType::F32, shape);
    if (kernel.elements() == 0 || made.elements() == 0)
        return made;
    // The whole patch's resizing is the Kronecker product of its sides', and so is the inverse.
    const auto down = kernelResizing(oldHeight, newHeight);
    const auto across = kernelResizing(oldWidth, newWidth);
    SmallMatrix half(newHeight, oldWidth);
    const float* in = kernel.floats().data();
    float* out = made.floats().data();
    for (std::int64_t filter = 0; filter < shape[0] * shape[1]; ++filter) {
        std::ranges::fill(half.values, 0.0);
        for (std::int64_t y = 0; y < newHeight; ++y)
            for (std::int64_t k = 0; k < oldHeight; ++k)
                for (std::int64_t x = 0; x < oldWidth; ++x)
                    half.at(y, x) += down.at(y, k) * static_cast<double>(in[k * oldWidth + x]);
        for (std::int64_t y = 0; y < newHeight; ++y)
            for (std::int64_t x = 0; x < newWidth; ++x) {
                double sum = 0;
                for (std::int64_t k = 0; k < oldWidth; ++k)
                    sum += half.at(y, k) * across.at(x, k);
                out[y * newWidth + x] = static_cast<float>(sum);
            }
        in += oldHeight * oldWidth;
        out += newHeight * newWidth;
    }
    return made;
}

} // namespace heirloom
