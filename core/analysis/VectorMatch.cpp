// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/VectorMatch.h"

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr std::size_t MostFits = 16;

double product(std::span<const float> one, std::span<const float> other) {
    double sum = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        sum += static_cast<double>(one[i]) * other[i];
    return sum;
}

/// A direction that no pattern of weights prefers.
std::vector<float> direction(std::size_t length) {
    std::vector<float> values(length);
    std::uint32_t state = 12'345;
    for (float& value : values) {
        state = state * 1'664'525U + 1'013'904'223U;
        value = static_cast<float>(0.5 + static_cast<double>(state >> 8U) * 0x1p-25) *
                (state >> 31U ? 1.0F : -1.0F);
    }
    const double norm = std::sqrt(product(values, values));
    for (float& value : values)
        value = static_cast<float>(value / norm);
    return values;
}

struct Placed {
    double at = 0; ///< along direction()
    std::size_t index = 0;
};

double squaredDistance(std::span<const float> one,
                       double oneScale,
                       std::span<const float> other,
                       double otherScale) {
    double sum = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        const double difference = one[i] * oneScale - other[i] * otherScale;
        sum += difference * difference;
    }
    return sum;
}

} // namespace

std::vector<VectorMatch> matchVectors(std::span<const float> student,
                                      std::span<const float> teacher,
                                      std::size_t length,
                                      double tolerance,
                                      MatchBy by) {
    const std::size_t students = student.size() / length;
    const std::size_t teachers = teacher.size() / length;
    const std::vector<float> axis = direction(length);
    const auto scaleOf = [by](double norm) {
        return by == MatchBy::Value || norm == 0 ? 1.0 : 1.0 / norm;
    };
    std::vector<Placed> placed;
    std::vector<double> norms(teachers);
    for (std::size_t i = 0; i < teachers; ++i) {
        const auto vector = teacher.subspan(i * length, length);
        norms[i] = std::sqrt(product(vector, vector));
        if (by == MatchBy::Value || norms[i] > 0)
            placed.push_back({product(vector, axis) * scaleOf(norms[i]), i});
    }
    std::ranges::sort(placed, {}, &Placed::at);

    std::vector<VectorMatch> matches(students);
    for (std::size_t i = 0; i < students; ++i) {
        const auto vector = student.subspan(i * length, length);
        const double norm = std::sqrt(product(vector, vector));
        VectorMatch& match = matches[i];
        if (norm == 0 && by == MatchBy::Direction) {
            match.fit.anything = true;
            continue;
        }
        const double scale = scaleOf(norm);
        const double reach = tolerance * norm * scale;
        const double at = product(vector, axis) * scale;
        double nearest = 0;
        for (auto candidate = std::ranges::lower_bound(placed, at - reach, {}, &Placed::at);
             candidate != placed.end() && candidate->at <= at + reach;
             ++candidate) {
            const auto other = teacher.subspan(candidate->index * length, length);
            const double distance =
                squaredDistance(vector, scale, other, scaleOf(norms[candidate->index]));
            if (distance > reach * reach)
                continue;
            if (match.fit.teachers.empty() || distance < nearest) {
                nearest = distance;
                match.factor = norms[candidate->index] > 0 ? norm / norms[candidate->index] : 1;
            }
            match.fit.teachers.push_back(static_cast<std::int64_t>(candidate->index));
        }
        if (match.fit.teachers.size() > MostFits)
            match.fit = {{}, true};
        std::ranges::sort(match.fit.teachers);
    }
    return matches;
}

} // namespace heirloom
