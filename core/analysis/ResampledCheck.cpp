// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ResampledCheck.h"

#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/ResamplePositions.h"

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr std::int64_t MostElements = 16 << 20; ///< of a position table that is held in memory
constexpr double SameValues = 1e-3;
constexpr double SameDirection = 0.9;

/// Rows of a [1, tokens, dim] or [tokens, dim] table.
std::int64_t rowsOf(const Shape& shape) { return shape[shape.size() - 2]; }

HostTensor columnsOf(const HostTensor& table, const std::vector<std::int64_t>& columns) {
    const std::vector<float> values = toFloats(table);
    const std::int64_t rows = rowsOf(table.shape);
    const std::int64_t width = table.shape.back();
    std::vector<float> picked;
    for (std::int64_t row = 0; row < rows; ++row)
        for (const std::int64_t column : columns)
            picked.push_back(values[static_cast<std::size_t>(row * width + column)]);
    return HostTensor::fromFloats({1, rows, std::ssize(columns)}, picked);
}

struct Closeness {
    double relative = 0; ///< distance over length
    double cosine = 0;
};

Closeness closenessOf(const std::vector<float>& one, const std::vector<float>& other) {
    double product = 0;
    double squares = 0;
    double otherSquares = 0;
    double distance = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        const double difference = static_cast<double>(one[i]) - other[i];
        product += static_cast<double>(one[i]) * other[i];
        squares += static_cast<double>(one[i]) * one[i];
        otherSquares += static_cast<double>(other[i]) * other[i];
        distance += difference * difference;
    }
    if (squares == 0 || otherSquares == 0)
        return {1, 0};
    return {std::sqrt(distance / squares), product / std::sqrt(squares * otherSquares)};
}

} // namespace

bool hasOtherGrid(const ModelSpec& studentSpec, const ParameterPair& pair) {
    const Parameter& student = *pair.student.parameter;
    const Shape& teacher = pair.teacher.parameter->shape;
    for (std::size_t axis = 0; axis < student.axes.size() && axis < teacher.size(); ++axis)
        for (const AxisSegment& segment : student.axes[axis].segments)
            for (const int space : segment.spaces)
                if (studentSpec.spaces[static_cast<std::size_t>(space)].kind == SpaceKind::Tokens &&
                    student.shape.size() == teacher.size() && student.shape[axis] != teacher[axis])
                    return true;
    return false;
}

Result<std::optional<std::string>> howResampled(const ComparedModels& models,
                                                const ParameterPair& pair,
                                                const std::vector<SpaceReport>& spaces) {
    const std::optional<std::string> unknown;
    const Parameter& parameter = *pair.student.parameter;
    const TensorInfo* from = models.teacher.find(pair.teacher.parameter->name);
    const TensorInfo* to = models.student.find(parameter.name);
    if (!from || !to || to->shape.size() < 2 || from->shape.size() != to->shape.size() ||
        from->elements() > MostElements || to->elements() > MostElements ||
        parameter.axes.back().segments.size() != 1 ||
        parameter.axes.back().segments[0].spaces.size() != 1)
        return unknown;
    const std::string& width =
        models.studentSpec
            .spaces[static_cast<std::size_t>(parameter.axes.back().segments[0].spaces[0])]
            .name;
    const auto space = std::ranges::find(spaces, width, &SpaceReport::name);
    if (space == spaces.end() || space->axes == 0 || space->agree < space->size ||
        *std::ranges::max_element(space->indices) >= from->shape.back())
        return unknown;
    auto teacher = models.teacher.read(*from);
    auto student = models.student.read(*to);
    if (!teacher || !student)
        return std::unexpected((teacher ? student : teacher).error());
    const std::int64_t prefix = positionPrefix(models.studentSpec);
    if (prefix != positionPrefix(models.teacherSpec))
        return unknown;
    const auto expected =
        resamplePositions(columnsOf(*teacher, space->indices), prefix, rowsOf(to->shape));
    if (!expected || expected->elements() != student->elements())
        return unknown;
    const Closeness closeness = closenessOf(toFloats(*student), toFloats(*expected));
    const auto oldSide = gridSide(rowsOf(from->shape) - prefix).value_or(0);
    const auto newSide = gridSide(rowsOf(to->shape) - prefix).value_or(0);
    const std::string sides = fmt::format("{}×{} to {}×{}", oldSide, oldSide, newSide, newSide);
    if (closeness.relative < SameValues)
        return std::optional("bicubic, " + sides);
    if (closeness.cosine > SameDirection)
        return std::optional(
            fmt::format("by another filter, {} (cosine {:.3f})", sides, closeness.cosine));
    return unknown;
}

} // namespace heirloom
