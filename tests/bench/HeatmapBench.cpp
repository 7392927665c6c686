// SPDX-License-Identifier: GPL-3.0-or-later
//
// A heatmap tile from the pyramid beside the same tile from a scan of every element, both in each
// round, A B A B.
#include "core/analysis/HeatmapPyramid.h"
#include "core/analysis/TensorStats.h"
#include "core/base/Random.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include <benchmark/benchmark.h>

namespace heirloom {
namespace {

constexpr int Width = 1000;
constexpr int Height = 800;

std::shared_ptr<const Plane> planeOfSize(std::int64_t rows, std::int64_t columns) {
    static std::map<std::pair<std::int64_t, std::int64_t>, std::shared_ptr<const Plane>> planes;
    auto& plane = planes[{rows, columns}];
    if (!plane) {
        auto made = std::make_shared<Plane>(
            Plane{rows, columns, std::vector<float>(static_cast<std::size_t>(rows * columns))});
        Random random(1);
        for (float& value : made->values)
            value = static_cast<float>(random.uniform() - 0.5);
        made->values[static_cast<std::size_t>(rows / 2 * columns + columns / 3)] = 3;
        plane = std::move(made);
    }
    return plane;
}

/// Signed extremes of every element under each display cell, row by row.
std::vector<float> scannedTile(const Plane& plane) {
    std::vector<float> values(static_cast<std::size_t>(Width) * Height, 0.0F);
    for (std::int64_t row = 0; row < plane.rows; ++row) {
        const std::int64_t y = row * Height / plane.rows;
        const float* element = plane.values.data() + row * plane.columns;
        float* line = values.data() + y * Width;
        for (int x = 0; x < Width; ++x) {
            const std::int64_t first = x * plane.columns / Width;
            const std::int64_t last = std::max(first + 1, (x + 1) * plane.columns / Width);
            for (std::int64_t column = first; column < last; ++column)
                if (std::abs(element[column]) > std::abs(line[x]))
                    line[x] = element[column];
        }
    }
    return values;
}

double milliseconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

void tileAgainstScan(benchmark::State& state) {
    const auto plane = planeOfSize(state.range(0), state.range(1));
    const HeatmapPyramid pyramid(plane);
    const auto right = static_cast<double>(plane->columns);
    const auto bottom = static_cast<double>(plane->rows);
    const auto outlier = [](const std::vector<float>& values) {
        return std::ranges::count(values, 3.0F);
    };
    if (outlier(scannedTile(*plane)) < 1 ||
        outlier(pyramid.tile(0, 0, right, bottom, Width, Height, CellMode::Extremes).values) < 1) {
        state.SkipWithError("the outlier is not shown");
        return;
    }
    double scan = 0;
    double tile = 0;
    for (auto round : state) {
        (void)round;
        const auto start = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(scannedTile(*plane));
        const auto middle = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(
            pyramid.tile(0, 0, right, bottom, Width, Height, CellMode::Extremes));
        const auto end = std::chrono::steady_clock::now();
        scan += milliseconds(middle - start);
        tile += milliseconds(end - middle);
    }
    const auto rounds = static_cast<double>(state.iterations());
    state.counters["scan_ms"] = scan / rounds;
    state.counters["tile_ms"] = tile / rounds;
    state.counters["ratio"] = scan / tile;
}

void build(benchmark::State& state) {
    const auto plane = planeOfSize(state.range(0), state.range(1));
    for (auto round : state) {
        (void)round;
        benchmark::DoNotOptimize(std::make_unique<HeatmapPyramid>(plane));
    }
}

void stats(benchmark::State& state) {
    const auto plane = planeOfSize(state.range(0), state.range(1));
    for (auto round : state) {
        (void)round;
        benchmark::DoNotOptimize(tensorStats(*plane));
    }
}

void sizes(benchmark::internal::Benchmark* bench) {
    for (const auto& [rows, columns] :
         {std::pair{1152, 384}, {4096, 1024}, {4096, 14336}, {50257, 768}})
        bench->Args({rows, columns});
    bench->Unit(benchmark::kMillisecond)->ArgNames({"rows", "columns"});
}

BENCHMARK(tileAgainstScan)->Apply(sizes);
BENCHMARK(build)->Apply(sizes);
BENCHMARK(stats)->Apply(sizes);

} // namespace
} // namespace heirloom
