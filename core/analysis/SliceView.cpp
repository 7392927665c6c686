// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/SliceView.h"

namespace heirloom {
namespace {

/// Whether the axis belongs to both sides as it is (kernel sides, image channels). Nets of unknown
/// family name no such axes: there it is all from the third axis on.
bool isFixed(const ModelSpec& spec, const Parameter& parameter, std::size_t axis) {
    if (axis >= parameter.axes.size())
        return axis >= 2;
    for (const AxisSegment& segment : parameter.axes[axis].segments)
        for (const int space : segment.spaces) {
            const SpaceKind kind = spec.spaces[static_cast<std::size_t>(space)].kind;
            if (kind != SpaceKind::Fixed && !(kind == SpaceKind::Unknown && axis >= 2))
                return false;
        }
    return true;
}

} // namespace

std::optional<SliceView> sliceView(const ModelSpec& studentSpec,
                                   const Parameter& student,
                                   const Shape& teacher) {
    const Shape& shape = student.shape;
    if (shape.size() != teacher.size())
        return std::nullopt;
    SliceView view;
    view.rowAxis = -1;
    bool behind = false; // past the selectable axes: everything from here on is taken whole
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis] == 1 && teacher[axis] == 1)
            continue;
        if (shape[axis] <= 0 || teacher[axis] <= 0)
            return std::nullopt;
        const bool fixed = isFixed(studentSpec, student, axis);
        if (view.rowAxis <
            0) { // also a fixed one: rows can be looked for, and are found where they were
            view.rowAxis = static_cast<int>(axis);
            view.studentRows = shape[axis];
            view.teacherRows = teacher[axis];
        } else if (view.rowAxis >= 0 && view.columnAxis < 0 && !behind && !fixed) {
            view.columnAxis = static_cast<int>(axis);
            view.studentColumns = shape[axis];
            view.teacherColumns = teacher[axis];
        } else {
            if (shape[axis] != teacher[axis])
                return std::nullopt;
            behind = true;
            view.inner *= shape[axis];
        }
    }
    if (view.rowAxis < 0)
        return std::nullopt;
    return view;
}

} // namespace heirloom
