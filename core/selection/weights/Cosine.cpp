// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/PortableMath.h"
#include "core/selection/weights/WeightRules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace heirloom {
namespace {

/// Sine and cosine of an angle and of `multiple` of it.
struct Angle {
    double sine, cosine, sineOfMultiple, cosineOfMultiple;
};

/// Half of the angle at which position i of n is sampled, pi (2 i + 1) / (2 n), for every i.
std::vector<Angle> halfAngles(std::int64_t n, double multiple) {
    std::vector<Angle> angles;
    for (std::int64_t i = 0; i < n; ++i) {
        const double half =
            std::numbers::pi * (2 * static_cast<double>(i) + 1) / (4 * static_cast<double>(n));
        angles.push_back({portableSin(half),
                          portableCos(half),
                          portableSin(multiple * half),
                          portableCos(multiple * half)});
    }
    return angles;
}

/// [to, from], row-major: inverse DCT-II of the lowest min(to, from) coefficients of a DCT-II, both
/// orthonormal. 2 cos(k a) cos(k b) = cos(k (a - b)) + cos(k (a + b)), and a sum of cosines over
/// k = 0 ... m, the first one halved, is sin((m + 1/2) x) / (2 sin(x / 2)); so an element costs a
/// few products, and no sine of its own.
std::vector<double> cosineMatrix(std::int64_t from, std::int64_t to) {
    const auto multiple = static_cast<double>(2 * std::min(from, to) - 1); // 2 m + 1
    const auto ours = halfAngles(to, multiple);
    const auto theirs = halfAngles(from, multiple);
    const double norm = std::sqrt(static_cast<double>(to) * static_cast<double>(from));
    std::vector<double> matrix;
    matrix.reserve(static_cast<std::size_t>(from * to));
    const auto sum = [&](double above, double below) {
        return std::abs(below) < 1e-13 ? multiple / 2 : above / (2 * below); // equal angles
    };
    for (const auto& a : ours)
        for (const auto& b : theirs) {
            const double crossed = a.cosine * b.sine;
            const double straight = a.sine * b.cosine;
            const double crossedMultiple = a.cosineOfMultiple * b.sineOfMultiple;
            const double straightMultiple = a.sineOfMultiple * b.cosineOfMultiple;
            matrix.push_back((sum(straightMultiple - crossedMultiple, straight - crossed) +
                              sum(straightMultiple + crossedMultiple, straight + crossed)) /
                             norm);
        }
    return matrix;
}

/// out[i] += sum over j of factors[j] × rows[j × width + i]: eight rows at a time, so that `out`
/// passes through the registers an eighth as often.
void addRows(double* __restrict out,
             std::int64_t width,
             const double* __restrict rows,
             const double* __restrict factors,
             std::int64_t count) {
    std::int64_t j = 0;
    for (; j + 8 <= count; j += 8) {
        const double* r = rows + j * width;
        const double* f = factors + j;
        for (std::int64_t i = 0; i < width; ++i)
            out[i] += f[0] * r[i] + f[1] * r[i + width] + f[2] * r[i + 2 * width] +
                      f[3] * r[i + 3 * width] + f[4] * r[i + 4 * width] + f[5] * r[i + 5 * width] +
                      f[6] * r[i + 6 * width] + f[7] * r[i + 7 * width];
    }
    for (; j < count; ++j)
        for (std::int64_t i = 0; i < width; ++i)
            out[i] += factors[j] * rows[j * width + i];
}

/// values [before, from, after] -> [before, to, after] along one axis.
std::vector<double> resizeAxis(const std::vector<double>& values,
                               std::int64_t from,
                               std::int64_t to,
                               std::int64_t after) {
    const auto matrix = cosineMatrix(from, to);
    const auto before = static_cast<std::int64_t>(values.size()) / (from * after);
    std::vector<double> made(static_cast<std::size_t>(before * to * after));
    const double* in = values.data();
    double* out = made.data();
    if (after == 1) {
        std::vector<double> columns(matrix.size());
        for (std::int64_t i = 0; i < to; ++i)
            for (std::int64_t j = 0; j < from; ++j)
                columns[static_cast<std::size_t>(j * to + i)] =
                    matrix[static_cast<std::size_t>(i * from + j)];
        for (std::int64_t b = 0; b < before; ++b, in += from, out += to)
            addRows(out, to, columns.data(), in, from);
        return made;
    }
    for (std::int64_t b = 0; b < before; ++b, in += from * after)
        for (std::int64_t i = 0; i < to; ++i, out += after)
            addRows(out, after, in, matrix.data() + i * from, from);
    return made;
}

/// Mean and standard deviation (of the population, as numpy's) of a tensor.
std::pair<double, double> momentsOf(std::span<const float> values) {
    double sum = 0;
    double square = 0;
    for (const float value : values)
        sum += value;
    const double mean = sum / static_cast<double>(values.size());
    for (const float value : values)
        square += (value - mean) * (value - mean);
    return {mean, std::sqrt(square / static_cast<double>(values.size()))};
}

Result<HostTensor> make(WeightTask task) {
    const auto& shape = task.parameter.shape;
    Shape from = task.values.shape;
    if (from == shape || task.values.elements() == 0 || elementCount(shape).value_or(0) == 0)
        return std::move(task.values);
    const auto floats = task.values.floats();
    const auto [mean, deviation] = momentsOf(floats);
    if (!std::isfinite(mean) || !std::isfinite(deviation))
        return fail(task.source->name,
                    "it holds numbers that are not finite, which spread over "
                    "the whole tensor in a cosine transform");
    const float smallest = *std::ranges::min_element(floats);
    const double scale = deviation > 0 ? deviation : 1;
    std::vector<double> values(floats.size());
    for (std::size_t i = 0; i < floats.size(); ++i)
        values[i] = (static_cast<double>(floats[i]) - mean) / scale;
    task.values.bytes = {};
    double amplitude = 1;
    // The last axis first: what is left to do then shrinks soonest, and in long rows.
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        if (from[axis] == shape[axis])
            continue;
        std::int64_t after = 1;
        for (std::size_t k = axis + 1; k < shape.size(); ++k)
            after *= shape[k];
        values = resizeAxis(values, from[axis], shape[axis], after);
        amplitude *= std::sqrt(static_cast<double>(shape[axis]) / static_cast<double>(from[axis]));
        from[axis] = shape[axis];
    }
    if (optionOf(task.selection, "amplitude") == "released")
        amplitude = 1;
    auto made = HostTensor::zeros(DType::F32, shape);
    // A variance must stay one: a cut spectrum can swing below the smallest value.
    const bool isVariance = task.parameter.name.ends_with("running_var");
    const float floor = isVariance ? smallest : -std::numeric_limits<float>::infinity();
    std::ranges::transform(values, made.floats().begin(), [&](double value) {
        return std::max(static_cast<float>(value * amplitude * scale + mean), floor);
    });
    return made;
}

constexpr RuleOption kOptions[] = {
    {.name = "amplitude",
     .standard = "corrected",
     .values = "corrected|released",
     .meaning = "corrected: times sqrt(student / teacher) per axis, so that a constant stays one; "
                "released: without, as the authors' script does unless told otherwise"},
};

} // namespace

const WeightRule cosineRule{
    .name = "dct",
    .title = "Low frequencies (DCT)",
    .meaning = "Each teacher tensor standardised, the low-frequency corner of its DCT kept, turned "
               "back; element selection is not read",
    .source = "FRONT, arXiv 2603.07523",
    .options = kOptions,
    .needs = WeightNeed::Teacher,
    .draws = false,
    .make = make,
};

} // namespace heirloom
