// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/Plane.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace heirloom {
namespace {

/// Which tensor axes stand down and across: [row, row + 1) and [column, rank).
struct PlaneAxes {
    std::size_t rowBegin = 0;
    std::size_t rowEnd = 0;
    std::size_t columnBegin = 0;
};

PlaneAxes planeAxes(const Shape& shape) {
    if (shape.size() <= 1)
        return {0, 0, 0};
    if (shape.size() == 3 && shape[0] == 1)
        return {1, 2, 2};
    return {0, 1, 1};
}

std::int64_t product(std::span<const std::int64_t> sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

/// The lists of several axes as one list over their product; empty where one of them cannot be
/// followed.
std::vector<std::int64_t> combined(const ParameterPlan& parameter,
                                   const Shape& teacher,
                                   const Shape& student,
                                   std::size_t begin,
                                   std::size_t end) {
    std::vector<std::int64_t> result{0};
    for (std::size_t axis = begin; axis < end; ++axis) {
        const IndexList list = axis < parameter.axes.size() ? parameter.axes[axis] : nullptr;
        const std::int64_t size = student[axis];
        if (list ? std::ssize(*list) != size : teacher[axis] != size)
            return {};
        std::vector<std::int64_t> next;
        next.reserve(result.size() * static_cast<std::size_t>(size));
        for (const std::int64_t outer : result)
            for (std::int64_t i = 0; i < size; ++i)
                next.push_back(outer * teacher[axis] +
                               (list ? (*list)[static_cast<std::size_t>(i)] : i));
        result = std::move(next);
    }
    return result;
}

std::int64_t segmentSize(const ModelSpec& spec, const AxisSegment& segment) {
    std::int64_t size = 1;
    for (const int space : segment.spaces)
        size *= spec.spaces[static_cast<std::size_t>(space)].size;
    return size;
}

std::int64_t headsIn(const ModelSpec& spec, const AxisSegment& segment) {
    if (segment.spaces.empty())
        return 0;
    const IndexSpace& outer = spec.spaces[static_cast<std::size_t>(segment.spaces.front())];
    return outer.kind == SpaceKind::Heads ? outer.size : 0;
}

} // namespace

PlaneSize planeSize(const Shape& shape) {
    const PlaneAxes axes = planeAxes(shape);
    const std::span<const std::int64_t> sizes(shape);
    return {product(sizes.subspan(axes.rowBegin, axes.rowEnd - axes.rowBegin)),
            product(sizes.subspan(axes.columnBegin))};
}

Plane planeOf(const HostTensor& tensor) {
    const PlaneSize size = planeSize(tensor.shape);
    return {size.rows, size.columns, toFloats(tensor)};
}

PlaneOrigin planeOrigin(const ParameterPlan& parameter,
                        const Shape& teacherShape,
                        const Shape& studentShape) {
    if (parameter.origin == Origin::Fresh || teacherShape.size() != studentShape.size())
        return {};
    const PlaneAxes axes = planeAxes(studentShape);
    if (axes.rowBegin != planeAxes(teacherShape).rowBegin) // the two planes are not laid out alike
        return {};
    return {combined(parameter, teacherShape, studentShape, axes.rowBegin, axes.rowEnd),
            combined(parameter, teacherShape, studentShape, axes.columnBegin, studentShape.size())};
}

std::vector<PlaneBand> planeBands(const ModelSpec& spec, const Parameter& parameter) {
    const PlaneAxes axes = planeAxes(parameter.shape);
    if (axes.rowBegin == axes.rowEnd || axes.rowBegin >= parameter.axes.size())
        return {};
    const std::vector<AxisSegment>& segments = parameter.axes[axes.rowBegin].segments;
    const bool ofHeads =
        !segments.empty() && std::ranges::all_of(segments, [&](const AxisSegment& segment) {
            return headsIn(spec, segment) > 0;
        });
    if (segments.size() < 2 && !ofHeads)
        return {};
    static constexpr const char* QkvLabels[] = {"Q", "K", "V"};
    static constexpr const char* GateLabels[] = {"gate", "value"};
    std::vector<PlaneBand> bands;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::int64_t rows = segmentSize(spec, segments[i]);
        std::string label;
        if (ofHeads && segments.size() == 3)
            label = QkvLabels[i];
        else if (!ofHeads && segments.size() == 2)
            label = GateLabels[i];
        bands.push_back({std::move(label), first, rows, headsIn(spec, segments[i])});
        first += rows;
    }
    return bands;
}

} // namespace heirloom
