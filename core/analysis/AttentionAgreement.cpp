// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/AttentionAgreement.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace heirloom {
namespace {

constexpr std::array<const char*, 3> Parts = {"q", "k", "v"};
/// A student head that draws on more teacher heads is shattered.
constexpr std::int64_t MostBlended = 4;

SpaceKind kindOf(const ModelSpec& spec, int space) {
    return spec.spaces[static_cast<std::size_t>(space)].kind;
}

bool isHeads(const ModelSpec& spec, const AxisSegment& segment) {
    return segment.spaces.size() >= 2 && kindOf(spec, segment.spaces.front()) == SpaceKind::Heads;
}

bool isFusedAxis(const ModelSpec& spec, const AxisLayout& axis) {
    return axis.segments.size() == Parts.size() &&
           std::ranges::all_of(axis.segments,
                               [&](const AxisSegment& segment) { return isHeads(spec, segment); });
}

/// Which part a module's name means: "q_proj", "query", "q_lin", "wq", "to_q".
std::string partByName(std::string_view name) {
    static constexpr std::array<std::array<std::string_view, 4>, 3> Words = {
        {{"q", "query", "wq", "to_q"}, {"k", "key", "wk", "to_k"}, {"v", "value", "wv", "to_v"}}};
    while (!name.empty()) {
        const std::size_t dot = name.rfind('.');
        const std::string_view word = dot == std::string_view::npos ? name : name.substr(dot + 1);
        for (std::size_t part = 0; part < Parts.size(); ++part)
            if (std::ranges::find(Words[part], word) != Words[part].end() ||
                (word.size() > 1 && word[0] == Parts[part][0] && word[1] == '_'))
                return Parts[part];
        name = dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
    }
    return {};
}

/// Where each part of a layer's attention lies.
struct Located {
    const Parameter* parameter = nullptr;
    int axis = 0;
    std::size_t segment = 0;
};

std::map<std::string, Located> partsOf(const ModelSpec& spec, int layer) {
    std::map<std::string, Located> parts;
    for (const Parameter& parameter : spec.parameters) {
        if (parameter.layer != layer || parameter.axes.size() < 2)
            continue;
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis)
            for (std::size_t i = 0; i < parameter.axes[axis].segments.size(); ++i)
                if (const auto part = attentionPart(spec, parameter, static_cast<int>(axis), i);
                    !part.empty())
                    parts.try_emplace(part, Located{&parameter, static_cast<int>(axis), i});
    }
    return parts;
}

const SegmentTrace* findSegment(const std::vector<SegmentTrace>& segments, const Located& at) {
    const auto found = std::ranges::find_if(segments, [&](const SegmentTrace& trace) {
        return trace.parameter == at.parameter && trace.axis == at.axis &&
               trace.segment == static_cast<int>(at.segment);
    });
    return found == segments.end() ? nullptr : &*found;
}

SpaceReport agreementOf(const ModelSpec& spec,
                        std::string name,
                        const Located& one,
                        const Located& other,
                        const std::vector<SegmentTrace>& segments) {
    const auto spacesOf = [](const Located& at) -> const std::vector<int>& {
        return at.parameter->axes[static_cast<std::size_t>(at.axis)].segments[at.segment].spaces;
    };
    std::vector<int> common;
    std::int64_t size = 1;
    for (const int space : spacesOf(one))
        if (std::ranges::find(spacesOf(other), space) != spacesOf(other).end()) {
            common.push_back(space);
            size *= spec.spaces[static_cast<std::size_t>(space)].size;
        }
    std::vector<CommonIndex> positions(static_cast<std::size_t>(size));
    const SegmentTrace* first = findSegment(segments, one);
    const SegmentTrace* second = findSegment(segments, other);
    if (first && second) {
        narrowBy(*first, common, positions);
        narrowBy(*second, common, positions);
    }
    return spaceReportOf(std::move(name), (first != nullptr) + (second != nullptr), positions);
}

/// Sizes of the spaces that count heads (shared heads, and query heads a shared head), and of what
/// is inside one.
struct HeadSizes {
    std::int64_t heads = 1;
    std::int64_t inner = 1;
};

HeadSizes headSizes(const ModelSpec& spec,
                    const std::vector<int>& spaces,
                    const std::vector<std::int64_t>& sizes) {
    HeadSizes result;
    for (std::size_t i = 0; i < spaces.size(); ++i) {
        const SpaceKind kind = kindOf(spec, spaces[i]);
        (kind == SpaceKind::Heads || kind == SpaceKind::Group ? result.heads : result.inner) *=
            sizes[i];
    }
    return result;
}

std::vector<std::vector<std::int64_t>> headRows(const ModelSpec& spec,
                                                const SegmentTrace& segment) {
    const HeadSizes student = headSizes(spec, segment.spaces, segment.studentSizes);
    const HeadSizes teacher = headSizes(spec, segment.spaces, segment.teacherSizes);
    std::vector<std::vector<std::int64_t>> rows(
        static_cast<std::size_t>(student.heads),
        std::vector<std::int64_t>(static_cast<std::size_t>(teacher.heads), 0));
    for (std::size_t i = 0; i < segment.fits.size(); ++i)
        if (segment.fits[i].teachers.size() == 1)
            ++rows[i / static_cast<std::size_t>(student.inner)]
                  [static_cast<std::size_t>(segment.fits[i].teachers.front() / teacher.inner)];
    return rows;
}

HeadPattern patternOf(const std::vector<std::vector<std::int64_t>>& rows) {
    std::int64_t most = 0;
    for (const std::vector<std::int64_t>& row : rows)
        most = std::max<std::int64_t>(
            most, std::ranges::count_if(row, [](std::int64_t count) { return count > 0; }));
    return most <= 1             ? HeadPattern::Whole
           : most <= MostBlended ? HeadPattern::Blended
                                 : HeadPattern::Shattered;
}

} // namespace

std::string_view headPatternText(HeadPattern pattern) {
    switch (pattern) {
    case HeadPattern::Whole:
        return "whole";
    case HeadPattern::Blended:
        return "blended";
    case HeadPattern::Shattered:
        break;
    }
    return "shattered";
}

bool isFusedQkv(const ModelSpec& spec, const Parameter& parameter) {
    return !parameter.axes.empty() && parameter.shape.size() >= 2 &&
           isFusedAxis(spec, parameter.axes[0]);
}

std::string attentionPart(const ModelSpec& spec,
                          const Parameter& parameter,
                          int axis,
                          std::size_t segment) {
    const AxisLayout& layout = parameter.axes[static_cast<std::size_t>(axis)];
    if (!isHeads(spec, layout.segments[segment]))
        return {};
    if (isFusedAxis(spec, layout))
        return Parts[segment];
    if (parameter.roleParts == std::ssize(Parts))
        return Parts[static_cast<std::size_t>(parameter.rolePart)];
    const std::string part = partByName(parameter.name);
    return part.empty() && parameter.shape.size() >= 2 ? "proj" : part;
}

std::vector<std::string> misplacedParts(const ModelSpec& studentSpec,
                                        const ModelSpec& teacherSpec,
                                        const ParameterPair& pair,
                                        int axis,
                                        int teacherAxis,
                                        const std::vector<Fit>& fits) {
    const Parameter& student = *pair.student.parameter;
    const Parameter& teacher = *pair.teacher.parameter;
    const auto at = static_cast<std::size_t>(axis);
    const auto teacherAt = static_cast<std::size_t>(teacherAxis);
    std::vector<std::string> texts;
    if (pair.student.parts != 1 || pair.teacher.parts != 1 || at >= student.axes.size() ||
        teacherAt >= teacher.axes.size() || !isFusedAxis(studentSpec, student.axes[at]) ||
        !isFusedAxis(teacherSpec, teacher.axes[teacherAt]))
        return texts;
    const std::int64_t size = std::ssize(fits) / std::ssize(Parts);
    const std::int64_t teacherSize = teacher.shape[teacherAt] / std::ssize(Parts);
    for (std::size_t part = 0; part < Parts.size(); ++part) {
        std::array<std::int64_t, Parts.size()> from = {};
        for (std::int64_t i = 0; i < size; ++i) {
            const Fit& fit =
                fits[part * static_cast<std::size_t>(size) + static_cast<std::size_t>(i)];
            if (!fit.anything && fit.teachers.size() == 1)
                ++from.at(static_cast<std::size_t>(fit.teachers.front() / teacherSize));
        }
        const auto most = static_cast<std::size_t>(std::ranges::max_element(from) - from.begin());
        if (most != part && 2 * from.at(most) > size)
            texts.push_back(
                fmt::format("its {} rows are the teacher's {} rows", Parts[part], Parts[most]));
    }
    return texts;
}

std::vector<SpaceReport> attentionReports(const ModelSpec& studentSpec,
                                          const std::vector<SegmentTrace>& segments) {
    std::vector<SpaceReport> reports;
    for (std::size_t layer = 0; layer < studentSpec.layers.size(); ++layer) {
        const auto parts = partsOf(studentSpec, static_cast<int>(layer));
        const std::string& prefix = studentSpec.layers[layer].prefix;
        for (const auto& [one, other] : {std::pair{"q", "k"}, std::pair{"v", "proj"}})
            if (parts.contains(one) && parts.contains(other))
                reports.push_back(agreementOf(studentSpec,
                                              prefix + "." + one + "=" + other,
                                              parts.at(one),
                                              parts.at(other),
                                              segments));
    }
    return reports;
}

std::vector<HeadReport> headReports(const ModelSpec& studentSpec,
                                    const ModelSpec& teacherSpec,
                                    const std::vector<int>& teacherLayers,
                                    const std::vector<SegmentTrace>& segments) {
    std::vector<HeadReport> reports;
    for (std::size_t layer = 0; layer < studentSpec.layers.size(); ++layer) {
        const auto parts = partsOf(studentSpec, static_cast<int>(layer));
        const auto segmentOf = [&](const char* part) -> const SegmentTrace* {
            return parts.contains(part) ? findSegment(segments, parts.at(part)) : nullptr;
        };
        const SegmentTrace* query = segmentOf("q");
        if (!query)
            continue;
        HeadReport report;
        report.layer = studentSpec.layers[layer].prefix;
        if (teacherLayers[layer] >= 0)
            report.teacherLayer =
                teacherSpec.layers[static_cast<std::size_t>(teacherLayers[layer])].prefix;
        report.rows = headRows(studentSpec, *query);
        report.pattern = patternOf(report.rows);
        for (const char* part : {"k", "v"})
            if (const SegmentTrace* segment = segmentOf(part))
                report.pattern =
                    std::max(report.pattern, patternOf(headRows(studentSpec, *segment)));
        report.whole = report.pattern == HeadPattern::Whole;
        reports.push_back(std::move(report));
    }
    return reports;
}

} // namespace heirloom
