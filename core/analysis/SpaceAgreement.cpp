// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/SpaceAgreement.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>

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

bool isHeads(const ModelSpec& spec, const AxisSegment& segment) {
    return segment.spaces.size() >= 2 &&
           spec.spaces[static_cast<std::size_t>(segment.spaces.front())].kind == SpaceKind::Heads;
}

/// More than half of the positions have one origin that at most one other position shares. (The
/// uniform rule may take an index twice.)
bool isTraced(const std::vector<Fit>& fits) {
    std::map<std::int64_t, int> uses;
    for (const Fit& fit : fits)
        if (!fit.anything && fit.teachers.size() == 1)
            ++uses[fit.teachers.front()];
    std::int64_t sure = 0;
    for (const auto& [teacher, count] : uses)
        sure += count <= 2 ? count : 0;
    return 2 * sure > std::ssize(fits);
}

/// Teacher indices that are left when several axes must name the same one; anything at first.
class Common {
public:
    void narrow(const std::vector<std::int64_t>& ascending) {
        if (!m_left) {
            m_left = ascending;
            return;
        }
        std::vector<std::int64_t> both;
        std::ranges::set_intersection(*m_left, ascending, std::back_inserter(both));
        m_left = std::move(both);
    }
    /// The smallest index left; -1 when none is, or nothing was asked.
    [[nodiscard]] std::int64_t index() const {
        return m_left && !m_left->empty() ? m_left->front() : -1;
    }

private:
    std::optional<std::vector<std::int64_t>> m_left;
};

/// Narrows `positions` of the space at `place` within the segment by all its elements.
void narrowBy(const SegmentTrace& segment, std::size_t place, std::vector<Common>& positions) {
    const auto innerOf = [place](const std::vector<std::int64_t>& sizes) {
        return std::accumulate(sizes.begin() + static_cast<std::ptrdiff_t>(place) + 1,
                               sizes.end(),
                               std::int64_t{1},
                               std::multiplies<>());
    };
    const std::int64_t studentInner = innerOf(segment.studentSizes);
    const std::int64_t teacherInner = innerOf(segment.teacherSizes);
    for (std::size_t i = 0; i < segment.fits.size(); ++i) {
        if (segment.fits[i].anything)
            continue;
        std::vector<std::int64_t> indices;
        for (const std::int64_t teacher : segment.fits[i].teachers)
            indices.push_back(teacher / teacherInner % segment.teacherSizes[place]);
        std::ranges::sort(indices);
        const std::int64_t position =
            static_cast<std::int64_t>(i) / studentInner % segment.studentSizes[place];
        positions[static_cast<std::size_t>(position)].narrow(indices);
    }
}

SpaceReport reportOf(std::string name, int axes, const std::vector<Common>& positions) {
    SpaceReport report;
    report.name = std::move(name);
    report.axes = axes;
    report.size = std::ssize(positions);
    for (const Common& position : positions) {
        report.indices.push_back(position.index());
        report.agree += report.indices.back() >= 0;
    }
    return report;
}

const SegmentTrace* findSegment(const std::vector<SegmentTrace>& segments,
                                const Parameter& parameter,
                                int axis,
                                int segment) {
    const auto found = std::ranges::find_if(segments, [&](const SegmentTrace& trace) {
        return trace.parameter == &parameter && trace.axis == axis && trace.segment == segment;
    });
    return found == segments.end() ? nullptr : &*found;
}

/// The weight that takes the heads' output back to the residual stream: its columns are heads ×
/// head_dim.
const Parameter* projectionOf(const ModelSpec& spec, int layer) {
    for (const Parameter& parameter : spec.parameters)
        if (parameter.layer == layer && parameter.axes.size() == 2 &&
            parameter.axes[1].segments.size() == 1 && isHeads(spec, parameter.axes[1].segments[0]))
            return &parameter;
    return nullptr;
}

SpaceReport agreementOf(std::string name,
                        std::int64_t size,
                        const SegmentTrace* one,
                        const SegmentTrace* other) {
    std::vector<Common> positions(static_cast<std::size_t>(size));
    for (const SegmentTrace* segment : {one, other})
        if (segment && one && other && std::ssize(segment->fits) == size)
            for (std::size_t i = 0; i < positions.size(); ++i)
                if (!segment->fits[i].anything)
                    positions[i].narrow(segment->fits[i].teachers);
    return reportOf(std::move(name), (one != nullptr) + (other != nullptr), positions);
}

} // namespace

bool isFusedQkv(const ModelSpec& spec, const Parameter& parameter) {
    if (parameter.axes.empty() || parameter.shape.size() < 2 ||
        parameter.axes[0].segments.size() != 3)
        return false;
    return std::ranges::all_of(parameter.axes[0].segments,
                               [&](const AxisSegment& segment) { return isHeads(spec, segment); });
}

std::vector<SegmentTrace> segmentTraces(const ModelSpec& studentSpec,
                                        const Parameter& student,
                                        const ModelSpec& teacherSpec,
                                        const Parameter& teacher,
                                        int axis,
                                        const std::vector<Fit>& fits) {
    const auto at = static_cast<std::size_t>(axis);
    if (at >= student.axes.size() || at >= teacher.axes.size() ||
        student.axes[at].segments.size() != teacher.axes[at].segments.size())
        return {};
    const std::vector<AxisSegment>& studentSegments = student.axes[at].segments;
    const std::vector<AxisSegment>& teacherSegments = teacher.axes[at].segments;
    const bool ofHeads = studentSegments.size() == 3 &&
                         std::ranges::all_of(studentSegments, [&](const AxisSegment& segment) {
                             return isHeads(studentSpec, segment);
                         });
    static constexpr const char* Parts[] = {"q", "k", "v"};
    std::vector<SegmentTrace> traces;
    std::int64_t studentFirst = 0;
    std::int64_t teacherFirst = 0;
    for (std::size_t i = 0; i < studentSegments.size(); ++i) {
        SegmentTrace trace{&student,
                           axis,
                           static_cast<int>(i),
                           ofHeads ? Parts[i] : "",
                           studentSegments[i].spaces,
                           sizesOf(studentSpec, studentSegments[i]),
                           sizesOf(teacherSpec, teacherSegments[i]),
                           {}};
        const std::int64_t studentSize = product(trace.studentSizes);
        const std::int64_t teacherSize = product(trace.teacherSizes);
        if (trace.studentSizes.size() != trace.teacherSizes.size() ||
            studentFirst + studentSize > std::ssize(fits))
            return {};
        for (std::int64_t position = 0; position < studentSize; ++position) {
            Fit fit = fits[static_cast<std::size_t>(studentFirst + position)];
            for (std::int64_t& index : fit.teachers)
                index -= teacherFirst;
            std::erase_if(fit.teachers, [teacherSize](std::int64_t index) {
                return index < 0 || index >= teacherSize;
            });
            trace.fits.push_back(std::move(fit));
        }
        if (isTraced(trace.fits))
            traces.push_back(std::move(trace));
        studentFirst += studentSize;
        teacherFirst += teacherSize;
    }
    return traces;
}

std::vector<SpaceReport> spaceReports(const ModelSpec& studentSpec,
                                      const std::vector<SegmentTrace>& segments) {
    std::vector<int> axes(studentSpec.spaces.size(), 0);
    std::vector<std::vector<Common>> positions(studentSpec.spaces.size());
    for (std::size_t space = 0; space < positions.size(); ++space)
        if (studentSpec.spaces[space].kind != SpaceKind::Fixed)
            positions[space].resize(static_cast<std::size_t>(studentSpec.spaces[space].size));
    for (const SegmentTrace& segment : segments)
        for (std::size_t place = 0; place < segment.spaces.size(); ++place) {
            const auto space = static_cast<std::size_t>(segment.spaces[place]);
            if (studentSpec.spaces[space].kind == SpaceKind::Fixed)
                continue;
            ++axes[space];
            narrowBy(segment, place, positions[space]);
        }
    std::vector<SpaceReport> reports;
    for (std::size_t space = 0; space < positions.size(); ++space)
        if (studentSpec.spaces[space].kind != SpaceKind::Fixed)
            reports.push_back(
                reportOf(studentSpec.spaces[space].name, axes[space], positions[space]));
    return reports;
}

std::vector<SpaceReport> attentionReports(const ModelSpec& studentSpec,
                                          const std::vector<SegmentTrace>& segments) {
    std::vector<SpaceReport> reports;
    for (const Parameter& qkv : studentSpec.parameters) {
        if (qkv.layer < 0 || !isFusedQkv(studentSpec, qkv))
            continue;
        const std::string& prefix = studentSpec.layers[static_cast<std::size_t>(qkv.layer)].prefix;
        const std::vector<AxisSegment>& parts = qkv.axes[0].segments;
        const auto part = [&](int index) { return findSegment(segments, qkv, 0, index); };
        reports.push_back(agreementOf(
            prefix + ".q=k", product(sizesOf(studentSpec, parts[0])), part(0), part(1)));
        if (const Parameter* projection = projectionOf(studentSpec, qkv.layer))
            reports.push_back(agreementOf(prefix + ".v=proj",
                                          product(sizesOf(studentSpec, parts[2])),
                                          part(2),
                                          findSegment(segments, *projection, 1, 0)));
    }
    return reports;
}

std::vector<HeadReport> headReports(const ModelSpec& studentSpec,
                                    const ModelSpec& teacherSpec,
                                    const std::vector<int>& teacherLayers,
                                    const std::vector<SegmentTrace>& segments) {
    std::vector<HeadReport> reports;
    for (const SegmentTrace& segment : segments) {
        const Parameter& parameter = *segment.parameter;
        if (segment.part != "q" || parameter.layer < 0 || !isFusedQkv(studentSpec, parameter))
            continue;
        const auto layer = static_cast<std::size_t>(parameter.layer);
        const int teacherLayer = teacherLayers[layer];
        HeadReport report;
        report.layer = studentSpec.layers[layer].prefix;
        report.teacherLayer =
            teacherLayer < 0 ? ""
                             : teacherSpec.layers[static_cast<std::size_t>(teacherLayer)].prefix;
        report.rows.assign(
            static_cast<std::size_t>(segment.studentSizes[0]),
            std::vector<std::int64_t>(static_cast<std::size_t>(segment.teacherSizes[0]), 0));
        const std::int64_t studentInner = product(segment.studentSizes) / segment.studentSizes[0];
        const std::int64_t teacherInner = product(segment.teacherSizes) / segment.teacherSizes[0];
        for (std::size_t i = 0; i < segment.fits.size(); ++i)
            if (segment.fits[i].teachers.size() == 1) {
                const std::int64_t teacherHead = segment.fits[i].teachers.front() / teacherInner;
                ++report.rows[i / static_cast<std::size_t>(studentInner)]
                             [static_cast<std::size_t>(teacherHead)];
            }
        report.whole = std::ranges::all_of(report.rows, [](const std::vector<std::int64_t>& row) {
            return std::ranges::count_if(row, [](std::int64_t count) { return count > 0; }) == 1;
        });
        reports.push_back(std::move(report));
    }
    return reports;
}

} // namespace heirloom
