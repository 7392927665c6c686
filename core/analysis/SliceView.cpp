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

/// The axes of one side that are looked at: all, or those longer than 1.
std::vector<std::size_t> axesOf(const Shape& shape, bool all) {
    std::vector<std::size_t> axes;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        if (all || shape[axis] != 1)
            axes.push_back(axis);
    return axes;
}

} // namespace

std::optional<SliceView> sliceView(const ModelSpec& studentSpec,
                                   const Parameter& student,
                                   const Shape& shape,
                                   const Shape& teacher) {
    const bool sameRank = shape.size() == teacher.size();
    const std::vector<std::size_t> axes = axesOf(shape, sameRank);
    const std::vector<std::size_t> teacherAxes = axesOf(teacher, sameRank);
    if (axes.size() != teacherAxes.size())
        return std::nullopt;
    SliceView view;
    view.rowAxis = -1;
    bool behind = false; // past the selectable axes: everything from here on is taken whole
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::int64_t ours = shape[axes[i]];
        const std::int64_t theirs = teacher[teacherAxes[i]];
        if (ours == 1 && theirs == 1)
            continue;
        if (ours <= 0 || theirs <= 0)
            return std::nullopt;
        // A fixed axis may be the row's too: rows can be looked for, and are found where they were.
        if (view.rowAxis < 0) {
            view.rowAxis = static_cast<int>(axes[i]);
            view.teacherRowAxis = static_cast<int>(teacherAxes[i]);
            view.studentRows = ours;
            view.teacherRows = theirs;
        } else if (view.columnAxis < 0 && !behind && !isFixed(studentSpec, student, axes[i])) {
            view.columnAxis = static_cast<int>(axes[i]);
            view.teacherColumnAxis = static_cast<int>(teacherAxes[i]);
            view.studentColumns = ours;
            view.teacherColumns = theirs;
        } else {
            if (ours != theirs)
                return std::nullopt;
            behind = true;
            view.inner *= ours;
        }
    }
    if (view.rowAxis < 0)
        return std::nullopt;
    return view;
}

} // namespace heirloom
