// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SliceDistances.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

namespace heirloom {
namespace {

constexpr std::size_t kTile = 64;   ///< slices a tile
constexpr std::size_t kDepth = 256; ///< elements of each that are multiplied at a time
using Panel = std::array<double, kDepth * kTile>; ///< [depth, tile]
using Products = std::array<double, kTile * kTile>;

/// Elements [from, from + depth) of slices [first, first + kTile), transposed; zero past the end.
void pack(std::span<const float> slices,
          std::size_t count,
          std::size_t first,
          std::size_t from,
          std::size_t depth,
          Panel& panel) {
    const std::size_t length = slices.size() / count;
    for (std::size_t i = 0; i < kTile; ++i)
        for (std::size_t k = 0; k < depth; ++k)
            panel[k * kTile + i] =
                first + i < count ? static_cast<double>(slices[(first + i) * length + from + k])
                                  : 0.0;
}

/// Four sums side by side; two halves where the processor has no registers of that size.
using Lanes [[gnu::vector_size(32)]] = double;
constexpr std::size_t kLanes = 4;

/// By register blocks of four slices × four. Every sum runs over k in order, so that scores are
/// equal on every machine (this file is built without fused multiply-adds). The four sums have
/// names because an array of them would stay in memory.
[[gnu::always_inline]] inline void multiply(const Panel& a,
                                            const Panel& b,
                                            std::size_t depth,
                                            Products& products) {
    for (std::size_t i = 0; i < kTile; i += 4)
        for (std::size_t j = 0; j < kTile; j += kLanes) {
            Lanes first{}, second{}, third{}, fourth{};
            for (std::size_t k = 0; k < depth; ++k) {
                const double* left = &a[k * kTile + i];
                Lanes right;
                std::memcpy(&right, &b[k * kTile + j], sizeof right);
                first += left[0] * right;
                second += left[1] * right;
                third += left[2] * right;
                fourth += left[3] * right;
            }
            double sums[4 * kLanes];
            std::memcpy(sums, &first, sizeof first);
            std::memcpy(sums + kLanes, &second, sizeof second);
            std::memcpy(sums + 2 * kLanes, &third, sizeof third);
            std::memcpy(sums + 3 * kLanes, &fourth, sizeof fourth);
            for (std::size_t y = 0; y < 4; ++y)
                for (std::size_t x = 0; x < kLanes; ++x)
                    products[(i + y) * kTile + j + x] += sums[y * kLanes + x];
        }
}

void multiplyAnywhere(const Panel& a, const Panel& b, std::size_t depth, Products& products) {
    multiply(a, b, depth, products);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void multiplyAvx2(const Panel& a,
                                          const Panel& b,
                                          std::size_t depth,
                                          Products& products) {
    multiply(a, b, depth, products);
}
#endif

/// Adds the products of every slice of `a` with every slice of `b`.
void addProducts(const Panel& a, const Panel& b, std::size_t depth, Products& products) {
#if defined(__x86_64__)
    static const bool hasAvx2 = __builtin_cpu_supports("avx2");
    if (hasAvx2)
        return multiplyAvx2(a, b, depth, products);
#endif
    multiplyAnywhere(a, b, depth, products);
}

} // namespace

std::vector<double> distanceSums(std::span<const float> slices, std::size_t count) {
    assert(count > 0 && slices.size() % count == 0);
    const std::size_t length = slices.size() / count;
    std::vector<double> squares(count, 0.0);
    for (std::size_t i = 0; i < count; ++i)
        for (const float value : slices.subspan(i * length, length))
            squares[i] += static_cast<double>(value) * static_cast<double>(value);

    std::vector<double> sums(count, 0.0);
    std::vector<Panel> panels(2); // too large for the stack
    std::vector<Products> products(1);
    for (std::size_t first = 0; first < count; first += kTile)
        for (std::size_t other = first; other < count; other += kTile) {
            products[0].fill(0.0);
            for (std::size_t from = 0; from < length; from += kDepth) {
                const std::size_t depth = std::min(kDepth, length - from);
                pack(slices, count, first, from, depth, panels[0]);
                if (other != first)
                    pack(slices, count, other, from, depth, panels[1]);
                addProducts(panels[0], other == first ? panels[0] : panels[1], depth, products[0]);
            }
            for (std::size_t i = first; i < std::min(first + kTile, count); ++i)
                for (std::size_t j = std::max(other, i + 1); j < std::min(other + kTile, count);
                     ++j) {
                    const double product = products[0][(i - first) * kTile + j - other];
                    // Rounding can leave slices that are equal a little below zero apart.
                    const double distance =
                        std::sqrt(std::max(0.0, squares[i] + squares[j] - 2 * product));
                    sums[i] += distance;
                    sums[j] += distance;
                }
        }
    return sums;
}

} // namespace heirloom
