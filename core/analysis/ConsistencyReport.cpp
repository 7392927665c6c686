// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ConsistencyReport.h"

#include "core/analysis/LayerSearch.h"
#include "core/analysis/ParameterTrace.h"
#include "core/analysis/SpaceAgreement.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace heirloom {
namespace {

/// What was found out about one student parameter.
struct ParameterFinding {
    std::vector<SegmentTrace> segments;
    std::string freshReason; ///< empty: not fresh
};

struct Models {
    const Checkpoint& teacher;
    const ModelSpec& teacherSpec;
    const Checkpoint& student;
    const ModelSpec& studentSpec;
    std::vector<int> teacherLayers;
};

/// The teacher's name for a student parameter; empty when its layer was found in no teacher layer.
std::optional<std::string> teacherName(const Models& models, const Parameter& parameter) {
    if (parameter.layer < 0)
        return parameter.name;
    const auto layer = static_cast<std::size_t>(parameter.layer);
    if (models.teacherLayers[layer] < 0)
        return std::nullopt;
    const Layer& teacher =
        models.teacherSpec.layers[static_cast<std::size_t>(models.teacherLayers[layer])];
    return teacher.prefix + "." +
           std::string(nameInLayer(models.studentSpec.layers[layer], parameter.name));
}

Result<ParameterFinding> inspect(const Models& models,
                                 const Parameter& parameter,
                                 std::stop_token stop) {
    ParameterFinding finding;
    const TensorInfo* student = models.student.find(parameter.name);
    if (!student || student->elements() <= 1 ||
        dtypeSize(student->dtype) == 0) // a lone number (batches tracked) tells nothing
        return finding;
    const std::optional<std::string> name = teacherName(models, parameter);
    if (!name) {
        finding.freshReason = fmt::format(
            "no layer of the teacher's {} has a row of {}",
            models.studentSpec.layers[static_cast<std::size_t>(parameter.layer)].stack,
            models.studentSpec.layers[static_cast<std::size_t>(parameter.layer)].prefix);
        return finding;
    }
    const TensorInfo* teacher = models.teacher.find(*name);
    const Parameter* teacherParameter = models.teacherSpec.find(*name);
    if (!teacher || !teacherParameter || dtypeSize(teacher->dtype) == 0) {
        finding.freshReason = fmt::format("the teacher has no {}", *name);
        return finding;
    }
    const std::optional<SliceView> view =
        student->shape == parameter.shape ? sliceView(models.studentSpec, parameter, teacher->shape)
                                          : std::nullopt;
    if (!view) {
        finding.freshReason = fmt::format("no slice of the teacher's {} ({}) has the shape {}",
                                          *name,
                                          shapeText(teacher->shape),
                                          shapeText(student->shape));
        return finding;
    }
    TensorRows teacherRows(models.teacher, *teacher, view->teacherRows, view->teacherRowSize());
    TensorRows studentRows(models.student, *student, view->studentRows, view->studentRowSize());
    auto trace = traceParameter(teacherRows, studentRows, *view, stop);
    if (!trace)
        return std::unexpected(trace.error());
    if (trace->foreign)
        finding.freshReason = fmt::format("no slice of the teacher's {} fits", *name);
    const auto add = [&](int axis, const std::vector<Fit>& fits) {
        auto segments = segmentTraces(
            models.studentSpec, parameter, models.teacherSpec, *teacherParameter, axis, fits);
        std::ranges::move(segments, std::back_inserter(finding.segments));
    };
    if (!trace->foreign && !trace->rows.empty())
        add(view->rowAxis, trace->rows);
    if (!trace->foreign && !trace->columns.empty())
        add(view->columnAxis, trace->columns);
    return finding;
}

/// All parameters, two at a time: one thread reads while the other looks.
Result<std::vector<ParameterFinding>> inspectAll(const Models& models, std::stop_token stop) {
    const std::vector<Parameter>& parameters = models.studentSpec.parameters;
    std::vector<ParameterFinding> findings(parameters.size());
    std::vector<std::optional<Error>> errors(parameters.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    const auto work = [&] {
        for (std::size_t i = next++; i < parameters.size() && !failed; i = next++) {
            auto finding = inspect(models, parameters[i], stop);
            if (finding) {
                findings[i] = std::move(*finding);
            } else {
                errors[i] = std::move(finding.error());
                failed = true;
            }
        }
    };
    {
        const std::jthread second(work);
        work();
    }
    for (const std::optional<Error>& error : errors)
        if (error)
            return std::unexpected(*error);
    return findings;
}

AxisOrigin originOf(const SegmentTrace& segment) {
    AxisOrigin origin{segment.parameter->name, segment.axis, segment.part, {}};
    for (const Fit& fit : segment.fits)
        origin.indices.push_back(!fit.anything && fit.teachers.size() == 1 ? fit.teachers.front()
                                                                           : -1);
    return origin;
}

} // namespace

Result<ConsistencyReport> checkConsistency(const Checkpoint& teacher,
                                           const ModelSpec& teacherSpec,
                                           const Checkpoint& student,
                                           const ModelSpec& studentSpec,
                                           std::stop_token stop) {
    if (teacherSpec.family != studentSpec.family)
        return std::unexpected(Error{student.path().string(),
                                     fmt::format("the student is of family {}, the teacher of {}",
                                                 studentSpec.family,
                                                 teacherSpec.family),
                                     "Name the teacher that the student was made from"});
    auto teacherLayers = findTeacherLayers(teacher, teacherSpec, student, studentSpec, stop);
    if (!teacherLayers)
        return std::unexpected(teacherLayers.error());
    const Models models{teacher, teacherSpec, student, studentSpec, std::move(*teacherLayers)};
    auto findings = inspectAll(models, stop);
    if (!findings)
        return std::unexpected(findings.error());

    ConsistencyReport report;
    std::vector<SegmentTrace> segments;
    for (std::size_t i = 0; i < findings->size(); ++i) {
        ParameterFinding& finding = (*findings)[i];
        if (!finding.freshReason.empty())
            report.fresh.push_back(
                {studentSpec.parameters[i].name, std::move(finding.freshReason)});
        std::ranges::move(finding.segments, std::back_inserter(segments));
    }
    for (const SegmentTrace& segment : segments)
        report.axes.push_back(originOf(segment));
    report.spaces = spaceReports(studentSpec, segments);
    std::ranges::move(attentionReports(studentSpec, segments), std::back_inserter(report.spaces));
    report.heads = headReports(studentSpec, teacherSpec, models.teacherLayers, segments);
    for (std::size_t layer = 0; layer < studentSpec.layers.size(); ++layer) {
        const int from = models.teacherLayers[layer];
        report.layers.push_back(
            studentSpec.layers[layer].prefix + " <- " +
            (from < 0 ? "none" : teacherSpec.layers[static_cast<std::size_t>(from)].prefix));
    }
    return report;
}

} // namespace heirloom
