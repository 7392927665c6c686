// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/Factors.h"

#include "core/base/PortableMath.h"
#include "core/base/Random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace heirloom {
namespace {

/// matrix = Q T Q^T: T's diagonal and (from 1 on) off-diagonal; the matrix becomes Q^T, by rows.
void tridiagonalize(std::vector<double>& matrix,
                    std::size_t n,
                    std::vector<double>& diagonal,
                    std::vector<double>& off) {
    std::vector<double> basis(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i)
        basis[i * n + i] = 1;
    std::vector<double> v(n), p(n);
    for (std::size_t k = 0; k + 2 < n; ++k) {
        double norm = 0;
        for (std::size_t i = k + 1; i < n; ++i)
            norm += matrix[i * n + k] * matrix[i * n + k];
        norm = std::sqrt(norm);
        if (norm == 0)
            continue;
        std::ranges::fill(v, 0.0);
        for (std::size_t i = k + 1; i < n; ++i)
            v[i] = matrix[i * n + k];
        v[k + 1] += v[k + 1] >= 0 ? norm : -norm;
        double square = 0;
        for (std::size_t i = k + 1; i < n; ++i)
            square += v[i] * v[i];
        const double beta = 2 / square; // H = I - beta v v^T
        double along = 0;
        for (std::size_t i = k; i < n; ++i) {
            p[i] =
                beta * std::inner_product(v.begin() + static_cast<std::ptrdiff_t>(k),
                                          v.end(),
                                          matrix.begin() + static_cast<std::ptrdiff_t>(i * n + k),
                                          0.0);
            along += p[i] * v[i];
        }
        for (std::size_t i = k; i < n; ++i)
            p[i] -= beta / 2 * along * v[i];
        for (std::size_t i = k; i < n; ++i)
            for (std::size_t j = k; j < n; ++j)
                matrix[i * n + j] -= v[i] * p[j] + p[i] * v[j];
        std::ranges::fill(p, 0.0); // now v^T Q^T, for Q^T <- H Q^T
        for (std::size_t i = k + 1; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                p[j] += v[i] * basis[i * n + j];
        for (std::size_t i = k + 1; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                basis[i * n + j] -= beta * v[i] * p[j];
    }
    for (std::size_t i = 0; i < n; ++i) {
        diagonal[i] = matrix[i * n + i];
        off[i] = i > 0 ? matrix[i * n + i - 1] : 0;
    }
    matrix = std::move(basis);
}

} // namespace

std::vector<double> symmetricEigen(std::vector<double>& matrix, std::int64_t size) {
    const auto n = static_cast<std::size_t>(size);
    std::vector<double> d(n), e(n);
    tridiagonalize(matrix, n, d, e);
    std::rotate(e.begin(), e.begin() + (n > 0 ? 1 : 0), e.end()); // e[i] ties i and i + 1
    for (std::size_t low = 0; low < n; ++low)
        for (int round = 0; round < 60; ++round) {
            std::size_t m = low;
            while (m + 1 < n && std::abs(e[m]) > std::numeric_limits<double>::epsilon() *
                                                     (std::abs(d[m]) + std::abs(d[m + 1])))
                ++m;
            if (m == low)
                break;
            double g = (d[low + 1] - d[low]) / (2 * e[low]);
            g = d[m] - d[low] + e[low] / (g + std::copysign(portableHypot(g, 1.0), g));
            double s = 1, c = 1, shift = 0;
            bool isSplit = false; // an off-diagonal vanished on the way: look again
            for (std::size_t i = m; i-- > low;) {
                const double f = s * e[i];
                const double b = c * e[i];
                const double r = portableHypot(f, g);
                e[i + 1] = r;
                if (r == 0) {
                    d[i + 1] -= shift;
                    e[m] = 0;
                    isSplit = true;
                    break;
                }
                s = f / r;
                c = g / r;
                g = d[i + 1] - shift;
                const double t = (d[i] - g) * s + 2 * c * b;
                shift = s * t;
                d[i + 1] = g + shift;
                g = c * t - b;
                double* upper = matrix.data() + i * n;
                double* lower = upper + n;
                for (std::size_t k = 0; k < n; ++k) {
                    const double was = lower[k];
                    lower[k] = s * upper[k] + c * was;
                    upper[k] = c * upper[k] - s * was;
                }
            }
            if (isSplit)
                continue;
            d[low] -= shift;
            e[low] = g;
            e[m] = 0;
        }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return d[i]; });
    std::vector<double> values, rows;
    for (const auto i : order) {
        values.push_back(d[i]);
        rows.insert(rows.end(),
                    matrix.begin() + static_cast<std::ptrdiff_t>(i * n),
                    matrix.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
    }
    matrix = std::move(rows);
    return values;
}

Factors mimeticFactors(
    std::int64_t width, std::int64_t rank, double alpha, double beta, std::uint64_t seed) {
    const auto n = static_cast<std::size_t>(width);
    Random random(seed);
    std::vector<double> whole(n * n);
    for (std::size_t i = 0; i < n * n; ++i)
        whole[i] = alpha * random.normal() / std::sqrt(static_cast<double>(n)) +
                   (i % (n + 1) == 0 ? beta : 0.0);
    std::vector<double> gram(n * n, 0.0); // M^T M, whose eigenvectors are M's right ones
    for (std::size_t k = 0; k < n; ++k)
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                gram[i * n + j] += whole[k * n + i] * whole[k * n + j];
    const auto values = symmetricEigen(gram, width);
    Factors made;
    for (std::size_t r = 0; r < static_cast<std::size_t>(rank); ++r) {
        const auto at = n - 1 - r; // the largest first
        const double singular = std::sqrt(std::max(values[at], 0.0));
        const double* v = gram.data() + at * n;
        for (std::size_t j = 0; j < n; ++j)
            made.right.push_back(std::sqrt(singular) * v[j]);
        for (std::size_t i = 0; i < n; ++i) {
            const double product = std::inner_product(v, v + n, whole.data() + i * n, 0.0);
            made.left.push_back(singular > 0 ? product / std::sqrt(singular) : 0.0);
        }
    }
    return made;
}

} // namespace heirloom
