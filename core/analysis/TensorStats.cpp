// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/TensorStats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace heirloom {
namespace {

constexpr std::int64_t SampleLimit = 65'536;
constexpr std::int64_t Block = 4'096;

/// Count, mean and squared distance from the mean of what was seen, merged block by block (Chan,
/// Golub, LeVeque 1979), so that a large mean does not swallow a small spread.
struct Moments {
    std::int64_t count = 0;
    double mean = 0;
    double squares = 0;

    void merge(const Moments& other) {
        if (other.count == 0)
            return;
        const auto total = static_cast<double>(count + other.count);
        const double delta = other.mean - mean;
        squares += other.squares + delta * delta * static_cast<double>(count) *
                                       static_cast<double>(other.count) / total;
        mean += delta * static_cast<double>(other.count) / total;
        count += other.count;
    }
};

/// Values of [begin, end) that are finite, by four independent sums.
Moments momentsOf(const float* begin, const float* end) {
    double sums[4] = {};
    std::int64_t count = 0;
    const auto values = end - begin;
    for (std::ptrdiff_t i = 0; i < values; ++i) {
        const bool finite = std::isfinite(begin[i]);
        sums[i % 4] += finite ? static_cast<double>(begin[i]) : 0.0;
        count += finite;
    }
    if (count == 0)
        return {};
    const double mean = (sums[0] + sums[1] + sums[2] + sums[3]) / static_cast<double>(count);
    double squares[4] = {};
    for (std::ptrdiff_t i = 0; i < values; ++i) {
        const double distance =
            std::isfinite(begin[i]) ? static_cast<double>(begin[i]) - mean : 0.0;
        squares[i % 4] += distance * distance;
    }
    return {count, mean, squares[0] + squares[1] + squares[2] + squares[3]};
}

void addQuantiles(TensorStats& stats, const std::vector<float>& values) {
    const auto size = static_cast<std::int64_t>(values.size());
    const std::int64_t samples = std::min(size, SampleLimit);
    std::vector<float> sample;
    sample.reserve(static_cast<std::size_t>(samples));
    for (std::int64_t i = 0; i < samples; ++i) {
        // i * size would overflow only beyond 2^47 elements, more than any plane holds
        const float value = values[static_cast<std::size_t>(i * size / samples)];
        if (std::isfinite(value))
            sample.push_back(value);
    }
    if (sample.empty())
        return;
    const auto at = [&](double share) {
        const auto position = static_cast<std::ptrdiff_t>(
            std::lround(share * static_cast<double>(sample.size() - 1)));
        std::nth_element(sample.begin(), sample.begin() + position, sample.end());
        return sample[static_cast<std::size_t>(position)];
    };
    stats.quantileLow = at(0.005);
    stats.quantileHigh = at(0.995);
}

/// `indices` without repeats, ascending; those outside [0, size) left out.
std::vector<std::int64_t> distinct(std::vector<std::int64_t> indices, std::int64_t size) {
    std::ranges::sort(indices);
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    std::erase_if(indices, [size](std::int64_t index) { return index < 0 || index >= size; });
    return indices;
}

double square(float value) {
    return std::isfinite(value) ? static_cast<double>(value) * static_cast<double>(value) : 0.0;
}

} // namespace

TensorStats tensorStats(const Plane& plane) {
    TensorStats stats;
    const std::vector<float>& values = plane.values;
    stats.count = static_cast<std::int64_t>(values.size());
    stats.minimum = std::numeric_limits<float>::infinity();
    stats.maximum = -std::numeric_limits<float>::infinity();
    float magnitude = -1;
    Moments moments;
    for (std::int64_t first = 0; first < stats.count; first += Block) {
        const std::int64_t last = std::min(first + Block, stats.count);
        moments.merge(momentsOf(values.data() + first, values.data() + last));
        float blockMagnitude = -1;
        for (std::int64_t i = first; i < last; ++i) {
            const float value = values[static_cast<std::size_t>(i)];
            const bool finite = std::isfinite(value);
            stats.zeros += value == 0.0F;
            stats.nan += value != value;
            stats.inf += !finite && value == value;
            stats.minimum = finite && value < stats.minimum ? value : stats.minimum;
            stats.maximum = finite && value > stats.maximum ? value : stats.maximum;
            const float size = finite ? std::abs(value) : -1.0F;
            blockMagnitude = size > blockMagnitude ? size : blockMagnitude;
        }
        if (blockMagnitude > magnitude) {
            magnitude = blockMagnitude;
            const auto begin = values.begin() + first;
            stats.maximumMagnitudeAt =
                std::find_if(begin,
                             values.begin() + last,
                             [magnitude](float value) { return std::abs(value) == magnitude; }) -
                values.begin();
        }
    }
    if (moments.count == 0) {
        stats.minimum = stats.maximum = 0;
        return stats;
    }
    const auto finite = static_cast<double>(moments.count);
    stats.mean = moments.mean;
    stats.standardDeviation = std::sqrt(moments.squares / finite);
    stats.l2 = std::sqrt(moments.squares + finite * moments.mean * moments.mean);
    addQuantiles(stats, values);
    return stats;
}

std::vector<std::int64_t> histogram(const Plane& plane, float low, float high, int bins) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(std::max(bins, 1)), 0);
    const double width = static_cast<double>(high) - static_cast<double>(low);
    const double scale = width > 0 ? static_cast<double>(counts.size()) / width : 0.0;
    const auto last = static_cast<double>(counts.size() - 1);
    for (const float value : plane.values) {
        if (std::isnan(value))
            continue;
        // With an empty range only the side counts; infinity × 0 must not become a bin number.
        const double position =
            scale > 0 ? (static_cast<double>(value) - static_cast<double>(low)) * scale
                      : (value > high ? last : 0.0);
        ++counts[static_cast<std::size_t>(std::clamp(std::floor(position), 0.0, last))];
    }
    return counts;
}

Marginals marginals(const Plane& plane) {
    std::vector<double> columns(static_cast<std::size_t>(plane.columns), 0.0);
    Marginals result;
    result.rows.reserve(static_cast<std::size_t>(plane.rows));
    const float* value = plane.values.data();
    for (std::int64_t row = 0; row < plane.rows; ++row) {
        double sum = 0;
        for (double& column : columns) {
            const double energy = square(*value++);
            sum += energy;
            column += energy;
        }
        result.rows.push_back(static_cast<float>(std::sqrt(sum)));
    }
    result.columns.reserve(columns.size());
    for (const double column : columns)
        result.columns.push_back(static_cast<float>(std::sqrt(column)));
    return result;
}

KeptEnergy keptEnergy(const Plane& teacher, const PlaneOrigin& origin) {
    if (teacher.values.empty() || (origin.rows.empty() && origin.columns.empty()))
        return {};
    const auto chosen = [](const std::vector<std::int64_t>& indices, std::int64_t size) {
        std::vector<char> kept(
            static_cast<std::size_t>(size),
            indices.empty() ? 1 : 0); // an empty list beside a full one: resampled from all
        for (const std::int64_t index : distinct(indices, size))
            kept[static_cast<std::size_t>(index)] = 1;
        return kept;
    };
    const std::vector<char> rows = chosen(origin.rows, teacher.rows);
    const std::vector<char> columns = chosen(origin.columns, teacher.columns);
    double all = 0;
    double kept = 0;
    const float* value = teacher.values.data();
    for (const char row : rows) {
        double rowAll = 0;
        double rowKept = 0;
        for (const char column : columns) {
            const double energy = square(*value++);
            rowAll += energy;
            rowKept += column ? energy : 0.0;
        }
        all += rowAll;
        kept += row ? rowKept : 0.0;
    }
    const auto share = [](const std::vector<char>& flags) {
        return static_cast<double>(std::ranges::count(flags, 1)) /
               static_cast<double>(flags.size());
    };
    return {all > 0 ? kept / all : 0.0, share(rows) * share(columns)};
}

} // namespace heirloom
