// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/SpaceAgreement.h"

#include "core/analysis/AttentionAgreement.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>

namespace heirloom {
namespace {

std::vector<std::int64_t> sizesOf(const ModelSpec& spec, const AxisSegment& segment) {
    std::vector<std::int64_t> sizes;
    for (const int space : segment.spaces)
        sizes.push_back(spec.spaces[static_cast<std::size_t>(space)].size);
    return sizes;
}

std::int64_t product(const std::vector<std::int64_t>& sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

/// More than half of the positions have one origin that few other positions share: at most one (the
/// uniform rule may take an index twice) unless the student is wider and must repeat.
bool isTraced(const std::vector<Fit>& fits, std::int64_t teacherSize) {
    const std::int64_t students = std::ssize(fits);
    const std::int64_t repeats =
        students <= teacherSize ? 2 : 4 * ((students + teacherSize - 1) / teacherSize);
    std::map<std::int64_t, std::int64_t> uses;
    for (const Fit& fit : fits)
        if (!fit.anything && fit.teachers.size() == 1)
            ++uses[fit.teachers.front()];
    std::int64_t sure = 0;
    for (const auto& [teacher, count] : uses)
        sure += count <= repeats ? count : 0;
    return 2 * sure > students;
}

/// The segments of an axis that a stretch of the parameter covers: all, or one of `parts`.
std::vector<std::size_t> segmentsOf(const ParameterPart& part, int axis) {
    const auto at = static_cast<std::size_t>(axis);
    if (at >= part.parameter->axes.size())
        return {};
    const std::size_t count = part.parameter->axes[at].segments.size();
    if (axis == 0 && part.parts > 1)
        return count == static_cast<std::size_t>(part.parts)
                   ? std::vector<std::size_t>{static_cast<std::size_t>(part.part)}
                   : std::vector<std::size_t>{};
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::vector<Fit> within(const std::vector<Fit>& fits,
                        std::int64_t first,
                        std::int64_t count,
                        std::int64_t teacherFirst,
                        std::int64_t teacherSize) {
    std::vector<Fit> part;
    for (std::int64_t position = first; position < first + count; ++position) {
        Fit fit = fits[static_cast<std::size_t>(position)];
        for (std::int64_t& index : fit.teachers)
            index -= teacherFirst;
        std::erase_if(fit.teachers, [teacherSize](std::int64_t index) {
            return index < 0 || index >= teacherSize;
        });
        part.push_back(std::move(fit));
    }
    return part;
}

/// The common tail of two lists of nested spaces: offset and size of each of `spaces` in a segment.
std::vector<std::size_t> placesOf(const SegmentTrace& segment, const std::vector<int>& spaces) {
    std::vector<std::size_t> places;
    for (const int space : spaces) {
        const auto found = std::ranges::find(segment.spaces, space);
        places.push_back(static_cast<std::size_t>(found - segment.spaces.begin()));
    }
    return places;
}

/// Position `index` of a row-major product of all sizes, seen in the product of some places alone.
std::int64_t projected(std::int64_t index,
                       const std::vector<std::int64_t>& sizes,
                       const std::vector<std::size_t>& places) {
    std::vector<std::int64_t> coordinates(sizes.size());
    for (std::size_t i = sizes.size(); i-- > 0;) {
        coordinates[i] = index % sizes[i];
        index /= sizes[i];
    }
    std::int64_t result = 0;
    for (const std::size_t place : places)
        result = result * sizes[place] + coordinates[place];
    return result;
}

} // namespace

void CommonIndex::narrow(std::vector<std::int64_t> indices) {
    std::ranges::sort(indices);
    if (!m_left) {
        m_left = std::move(indices);
        return;
    }
    std::vector<std::int64_t> both;
    std::ranges::set_intersection(*m_left, indices, std::back_inserter(both));
    m_left = std::move(both);
}

void narrowBy(const SegmentTrace& segment,
              const std::vector<int>& spaces,
              std::vector<CommonIndex>& positions) {
    const std::vector<std::size_t> places = placesOf(segment, spaces);
    for (std::size_t i = 0; i < segment.fits.size(); ++i) {
        if (segment.fits[i].anything)
            continue;
        std::vector<std::int64_t> indices;
        for (const std::int64_t teacher : segment.fits[i].teachers)
            indices.push_back(projected(teacher, segment.teacherSizes, places));
        const std::int64_t position =
            projected(static_cast<std::int64_t>(i), segment.studentSizes, places);
        positions[static_cast<std::size_t>(position)].narrow(std::move(indices));
    }
}

SpaceReport spaceReportOf(std::string name, int axes, const std::vector<CommonIndex>& positions) {
    SpaceReport report;
    report.name = std::move(name);
    report.axes = axes;
    report.size = std::ssize(positions);
    for (const CommonIndex& position : positions) {
        report.indices.push_back(position.index());
        report.agree += report.indices.back() >= 0;
    }
    return report;
}

std::vector<SegmentTrace> segmentTraces(const ModelSpec& studentSpec,
                                        const ModelSpec& teacherSpec,
                                        const ParameterPair& pair,
                                        int axis,
                                        int teacherAxis,
                                        const std::vector<Fit>& fits) {
    const Parameter& student = *pair.student.parameter;
    const Parameter& teacher = *pair.teacher.parameter;
    const std::vector<std::size_t> ours = segmentsOf(pair.student, axis);
    const std::vector<std::size_t> theirs = segmentsOf(pair.teacher, teacherAxis);
    if (ours.empty())
        return {};
    const std::vector<AxisSegment>& studentSegments =
        student.axes[static_cast<std::size_t>(axis)].segments;
    // Nothing is known of how the teacher's axis is made up: it counts as one space.
    const auto flat = [&]() -> std::vector<std::int64_t> {
        const std::int64_t size = teacher.shape[static_cast<std::size_t>(teacherAxis)];
        return {teacherAxis == 0 ? size / pair.teacher.parts : size};
    };
    std::vector<SegmentTrace> traces;
    std::int64_t studentFirst = 0;
    std::int64_t teacherFirst = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const AxisSegment& segment = studentSegments[ours[i]];
        SegmentTrace trace{&student,
                           axis,
                           static_cast<int>(ours[i]),
                           attentionPart(studentSpec, student, axis, ours[i]),
                           segment.spaces,
                           sizesOf(studentSpec, segment),
                           {},
                           {}};
        if (ours.size() == theirs.size())
            trace.teacherSizes =
                sizesOf(teacherSpec,
                        teacher.axes[static_cast<std::size_t>(teacherAxis)].segments[theirs[i]]);
        if (trace.teacherSizes.size() != trace.studentSizes.size()) {
            if (ours.size() != 1 || trace.studentSizes.size() != 1)
                return {};
            trace.teacherSizes = flat();
        }
        const std::int64_t studentSize = product(trace.studentSizes);
        const std::int64_t teacherSize = product(trace.teacherSizes);
        if (studentFirst + studentSize > std::ssize(fits))
            return {};
        trace.fits = within(fits, studentFirst, studentSize, teacherFirst, teacherSize);
        if (isTraced(trace.fits, teacherSize))
            traces.push_back(std::move(trace));
        studentFirst += studentSize;
        teacherFirst += teacherSize;
    }
    return traces;
}

std::vector<SpaceReport> spaceReports(const ModelSpec& studentSpec,
                                      const std::vector<SegmentTrace>& segments) {
    std::vector<int> axes(studentSpec.spaces.size(), 0);
    std::vector<std::vector<CommonIndex>> positions(studentSpec.spaces.size());
    const auto isFixed = [&](std::size_t space) {
        return studentSpec.spaces[space].kind == SpaceKind::Fixed;
    };
    for (std::size_t space = 0; space < positions.size(); ++space)
        if (!isFixed(space))
            positions[space].resize(static_cast<std::size_t>(studentSpec.spaces[space].size));
    for (const SegmentTrace& segment : segments)
        for (const int space : segment.spaces) {
            const auto at = static_cast<std::size_t>(space);
            if (isFixed(at))
                continue;
            ++axes[at];
            narrowBy(segment, {space}, positions[at]);
        }
    std::vector<SpaceReport> reports;
    for (std::size_t space = 0; space < positions.size(); ++space)
        if (!isFixed(space))
            reports.push_back(
                spaceReportOf(studentSpec.spaces[space].name, axes[space], positions[space]));
    return reports;
}

} // namespace heirloom
