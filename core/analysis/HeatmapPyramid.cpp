// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/HeatmapPyramid.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace heirloom {
namespace {

/// Coarser levels than this cost more to keep than to recompute.
constexpr std::int64_t SmallestLevel = 4'096;
/// Level cells that a display cell must hold, so that its borders stay within a third of it.
constexpr double CellsPerDisplayCell = 1.5;

/// A float as a number whose order is the order of magnitudes: finite, then infinity, then NaN; the
/// sign is kept in the lowest bit.
std::uint32_t magnitudeKey(float value) {
    return std::rotl(std::bit_cast<std::uint32_t>(value), 1);
}

float fromKey(std::uint32_t key) { return std::bit_cast<float>(std::rotr(key, 1)); }

/// The power of two that brings the largest finite magnitude into [0.5, 1).
float scaleFor(const std::vector<float>& values) {
    constexpr std::uint32_t Infinity = 0x7f800000U;
    std::uint32_t largest = 0;
    for (const float value : values) {
        const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(value) & 0x7fffffffU;
        largest = std::max(largest, magnitude < Infinity ? magnitude : 0U);
    }
    int exponent = 0;
    std::frexp(std::bit_cast<float>(largest), &exponent);
    return std::ldexp(1.0F, -std::clamp(exponent, -120, 120));
}

/// What a coarser level is made from: the plane's elements, or a level.
struct ElementSource {
    const float* values;
    float scale;
    void add(std::int64_t at, std::uint32_t& key, float& sum, float& square) const {
        const float scaled = values[at] * scale;
        key = std::max(key, magnitudeKey(values[at]));
        sum += scaled;
        square += scaled * scaled;
    }
};

struct LevelSource {
    const float* extremes;
    const float* sums;
    const float* squares;
    void add(std::int64_t at, std::uint32_t& key, float& sum, float& square) const {
        key = std::max(key, magnitudeKey(extremes[at]));
        sum += sums[at];
        square += squares[at];
    }
};

struct Target {
    float* extremes;
    float* sums;
    float* squares;
};

/// Gathers Down × Across cells of a rows × columns grid into one; those at the lower and right edge
/// may be smaller.
template <int Down, int Across, class Source>
void coarsen(const Source& source, std::int64_t rows, std::int64_t columns, const Target& target) {
    const std::int64_t outRows = (rows + Down - 1) / Down;
    const std::int64_t outColumns = (columns + Across - 1) / Across;
    for (std::int64_t row = 0; row < outRows; ++row) {
        const std::int64_t height = std::min<std::int64_t>(Down, rows - row * Down);
        const std::int64_t whole = height == Down ? columns / Across : 0;
        float* extremes = target.extremes + row * outColumns;
        float* sums = target.sums + row * outColumns;
        float* squares = target.squares + row * outColumns;
        for (std::int64_t column = 0; column < whole;
             ++column) { // fixed counts inside: the compiler vectorises this one
            std::uint32_t key = 0;
            float sum = 0;
            float square = 0;
            for (std::int64_t down = 0; down < Down; ++down)
                for (std::int64_t across = 0; across < Across; ++across)
                    source.add(
                        (row * Down + down) * columns + column * Across + across, key, sum, square);
            extremes[column] = fromKey(key);
            sums[column] = sum;
            squares[column] = square;
        }
        for (std::int64_t column = whole; column < outColumns; ++column) {
            const std::int64_t width = std::min<std::int64_t>(Across, columns - column * Across);
            std::uint32_t key = 0;
            float sum = 0;
            float square = 0;
            for (std::int64_t down = 0; down < height; ++down)
                for (std::int64_t across = 0; across < width; ++across)
                    source.add(
                        (row * Down + down) * columns + column * Across + across, key, sum, square);
            extremes[column] = fromKey(key);
            sums[column] = sum;
            squares[column] = square;
        }
    }
}

/// A stretch of one axis as display cells: cell i covers level cells [begin[i], end[i]).
struct Borders {
    std::vector<std::int64_t> begin;
    std::vector<std::int64_t> end;
};

Borders bordersOf(double first, double last, int cells, std::int64_t step, std::int64_t size) {
    const double perCell = (last - first) / cells;
    const auto scale = static_cast<double>(step);
    Borders borders;
    borders.begin.reserve(static_cast<std::size_t>(cells));
    borders.end.reserve(static_cast<std::size_t>(cells));
    if (perCell < 1) { // magnified: the element under the middle of the display cell
        for (int i = 0; i < cells; ++i) {
            const auto element = static_cast<std::int64_t>(std::floor(first + (i + 0.5) * perCell));
            borders.begin.push_back(std::clamp<std::int64_t>(element, 0, size - 1));
            borders.end.push_back(borders.begin.back() + 1);
        }
        return borders;
    }
    auto begin =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(first / scale)), 0, size - 1);
    for (int i = 1; i <= cells; ++i) {
        const double position = (first + i * perCell) / scale;
        // One step of slack: a right edge that lies on an element by design must not take in its
        // neighbour through rounding.
        const double border =
            i < cells ? std::round(position) : std::ceil(position - 1e-9 * std::abs(position));
        const auto end = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(border), begin + 1, std::max(size, begin + 1));
        borders.begin.push_back(begin);
        borders.end.push_back(std::min(end, size));
        begin = std::min(end, size - 1);
    }
    return borders;
}

/// Elements that a stretch of level cells covers; the last cell of an axis may be cut short.
std::int64_t elementsIn(std::int64_t begin,
                        std::int64_t end,
                        std::int64_t step,
                        std::int64_t size) {
    return std::min(end * step, size) - begin * step;
}

struct LargestMagnitude {
    using Value = std::uint32_t;
    static Value load(float value) { return magnitudeKey(value); }
    static Value join(Value a, Value b) { return std::max(a, b); }
};

struct Sum {
    using Value = float;
    float scale = 1;
    bool squared = false;
    [[nodiscard]] Value load(float value) const {
        const float scaled = value * scale;
        return squared ? scaled * scaled : scaled;
    }
    static Value join(Value a, Value b) { return a + b; }
};

/// Calls finish(display row, display column, joined value) for each display cell of a grid of
/// `columns` columns.
template <class Operation, class Finish>
void reduce(const Operation& operation,
            const float* cells,
            std::int64_t columns,
            const Borders& down,
            const Borders& across,
            Finish&& finish) {
    const std::int64_t left = across.begin.front();
    const std::int64_t right = across.end.back();
    const std::int64_t width = right - left;
    std::vector<typename Operation::Value> line(static_cast<std::size_t>(width));
    std::vector<typename Operation::Value> answers(across.begin.size());
    for (std::size_t y = 0; y < down.begin.size(); ++y) {
        if (y > 0 && down.begin[y] == down.begin[y - 1] &&
            down.end[y] == down.end[y - 1]) { // a magnified row comes again
            for (std::size_t x = 0; x < answers.size(); ++x)
                finish(y, x, answers[x]);
            continue;
        }
        // Rows are joined first, over whole lines: contiguous and vectorised.
        const float* row = cells + down.begin[y] * columns + left;
        for (std::int64_t i = 0; i < width; ++i)
            line[static_cast<std::size_t>(i)] = operation.load(row[i]);
        for (std::int64_t r = down.begin[y] + 1; r < down.end[y]; ++r) {
            row += columns;
            for (std::int64_t i = 0; i < width; ++i)
                line[static_cast<std::size_t>(i)] =
                    operation.join(line[static_cast<std::size_t>(i)], operation.load(row[i]));
        }
        for (std::size_t x = 0; x < across.begin.size(); ++x) {
            auto value = line[static_cast<std::size_t>(across.begin[x] - left)];
            for (std::int64_t i = across.begin[x] + 1; i < across.end[x]; ++i)
                value = operation.join(value, line[static_cast<std::size_t>(i - left)]);
            answers[x] = value;
            finish(y, x, value);
        }
    }
}

} // namespace

HeatmapPyramid::HeatmapPyramid(std::shared_ptr<const Plane> plane) : m_plane(std::move(plane)) {
    m_scale = scaleFor(m_plane->values);
    std::int64_t rows = m_plane->rows;
    std::int64_t columns = m_plane->columns;
    std::int64_t rowStep = 1;
    std::int64_t columnStep = 1;
    while (rows * columns > SmallestLevel) {
        // Shape of a cell where the whole plane fills a window of 5 : 4.
        const double tall = static_cast<double>(columns) / (1.25 * static_cast<double>(rows));
        const int down = tall >= 2 ? 1 : (tall <= 0.5 ? 4 : 2);
        const int across = 4 / down;
        Level level;
        level.rows = (rows + down - 1) / down;
        level.columns = (columns + across - 1) / across;
        level.rowStep = rowStep *= down;
        level.columnStep = columnStep *= across;
        const auto size = static_cast<std::size_t>(level.rows * level.columns);
        level.extremes = std::make_unique_for_overwrite<float[]>(size);
        level.sums = std::make_unique_for_overwrite<float[]>(size);
        level.squares = std::make_unique_for_overwrite<float[]>(size);
        const Target target{level.extremes.get(), level.sums.get(), level.squares.get()};
        const auto build = [&](const auto& source) {
            if (down == 1)
                coarsen<1, 4>(source, rows, columns, target);
            else if (down == 4)
                coarsen<4, 1>(source, rows, columns, target);
            else
                coarsen<2, 2>(source, rows, columns, target);
        };
        if (m_levels.empty())
            build(ElementSource{m_plane->values.data(), m_scale});
        else
            build(LevelSource{m_levels.back().extremes.get(),
                              m_levels.back().sums.get(),
                              m_levels.back().squares.get()});
        rows = level.rows;
        columns = level.columns;
        m_levels.push_back(std::move(level));
    }
}

const HeatmapPyramid::Level* HeatmapPyramid::levelFor(double rowsPerCell,
                                                      double columnsPerCell) const {
    const auto fits = [](std::int64_t step, double perCell) {
        return step == 1 || CellsPerDisplayCell * static_cast<double>(step) <= perCell;
    };
    for (auto level = m_levels.rbegin(); level != m_levels.rend(); ++level)
        if (fits(level->rowStep, rowsPerCell) && fits(level->columnStep, columnsPerCell))
            return &*level;
    return nullptr;
}

HeatmapTile HeatmapPyramid::tile(double left,
                                 double top,
                                 double right,
                                 double bottom,
                                 int width,
                                 int height,
                                 CellMode mode) const {
    HeatmapTile result{width, height, {}};
    if (width <= 0 || height <= 0 || m_plane->values.empty() || !(right > left) || !(bottom > top))
        return {};
    const Level* level = levelFor((bottom - top) / height, (right - left) / width);
    const std::int64_t rowStep = level ? level->rowStep : 1;
    const std::int64_t columnStep = level ? level->columnStep : 1;
    const std::int64_t columns = level ? level->columns : m_plane->columns;
    const Borders down =
        bordersOf(top, bottom, height, rowStep, level ? level->rows : m_plane->rows);
    const Borders across = bordersOf(left, right, width, columnStep, columns);
    result.values.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    const auto cell = [&](std::size_t y, std::size_t x) -> float& {
        return result.values[y * static_cast<std::size_t>(width) + x];
    };

    const float* extremes = level ? level->extremes.get() : m_plane->values.data();
    if (mode == CellMode::Extremes) {
        reduce(LargestMagnitude{},
               extremes,
               columns,
               down,
               across,
               [&](std::size_t y, std::size_t x, std::uint32_t key) { cell(y, x) = fromKey(key); });
        return result;
    }
    const bool squared = mode == CellMode::Rms;
    const Sum operation{level ? 1.0F : m_scale, !level && squared};
    const float* sums =
        level ? (squared ? level->squares.get() : level->sums.get()) : m_plane->values.data();
    bool finite = true;
    reduce(operation, sums, columns, down, across, [&](std::size_t y, std::size_t x, float sum) {
        const std::int64_t elements =
            elementsIn(down.begin[y], down.end[y], rowStep, m_plane->rows) *
            elementsIn(across.begin[x], across.end[x], columnStep, m_plane->columns);
        const float mean = sum / static_cast<float>(elements);
        cell(y, x) = (squared ? std::sqrt(mean) : mean) / m_scale;
        finite = finite && std::isfinite(cell(y, x));
    });
    if (!finite) // +inf and -inf under one cell would add up to NaN, and a square loses its sign:
                 // the extremes know
        reduce(LargestMagnitude{},
               extremes,
               columns,
               down,
               across,
               [&](std::size_t y, std::size_t x, std::uint32_t key) {
                   if (!std::isfinite(cell(y, x)))
                       cell(y, x) = fromKey(key);
               });
    return result;
}

} // namespace heirloom
