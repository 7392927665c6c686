// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ConsistencyReport.h"

#include "core/analysis/AttentionAgreement.h"
#include "core/analysis/ContentMatch.h"
#include "core/analysis/EnergyKept.h"
#include "core/analysis/LayerSearch.h"
#include "core/analysis/ParameterPairs.h"
#include "core/analysis/ResampledCheck.h"
#include "core/analysis/SpaceAgreement.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace heirloom {
namespace {

/// What was found out about one student parameter.
struct ParameterFinding {
    bool isCompared = false;
    bool isInherited = false;
    bool hasOtherGrid = false;
    std::vector<SegmentTrace> segments;
    std::vector<std::string> misplaced;
    std::string freshReason; ///< empty: not fresh
    std::string teacher;     ///< the tensor that it was found in
    SliceScale scale;
    EnergyReport energy;
};

/// One student parameter and where it is looked for.
struct Question {
    const Parameter* parameter = nullptr;
    std::vector<ParameterPair> pairs;
    std::string whyNone; ///< where there are no pairs
};

std::string gridReason(const ParameterPair& pair) {
    return fmt::format("resampled by a rule that is not known here, or fresh: it is {}, the "
                       "teacher's {} is {}",
                       shapeText(pair.student.parameter->shape),
                       pair.teacher.parameter->name,
                       shapeText(pair.teacher.parameter->shape));
}

/// Whether only the kernel sides differ: those of a patch embedding may have been resampled.
bool hasOtherKernel(const ParameterPair& pair) {
    const Shape& ours = pair.student.parameter->shape;
    const Shape& theirs = pair.teacher.parameter->shape;
    return ours.size() == 4 && theirs.size() == 4 && (ours[2] != theirs[2] || ours[3] != theirs[3]);
}

SliceScale widest(const SliceScale& one, const SliceScale& other) {
    if (one.kind == SliceScale::Kind::None)
        return other;
    if (other.kind == SliceScale::Kind::None)
        return one;
    SliceScale both = one;
    both.lowest = std::min(one.lowest, other.lowest);
    both.highest = std::max(one.highest, other.highest);
    if (both.lowest != both.highest && both.kind == SliceScale::Kind::Tensor)
        both.kind = SliceScale::Kind::Rows; // stretches of one tensor, each with its factor
    both.isExact = one.isExact && other.isExact;
    return both;
}

/// Adds what one stretch tells. \return whether it was found in the teacher
Result<bool> inspectPair(const ComparedModels& models,
                         const ParameterPair& pair,
                         ParameterFinding& finding,
                         std::stop_token stop) {
    auto rows = rowsOf(pair, models.teacher, models.student, models.studentSpec);
    if (!rows) {
        const Parameter& student = *pair.student.parameter;
        const Parameter& teacher = *pair.teacher.parameter;
        if (!models.teacher.find(teacher.name))
            finding.freshReason = fmt::format("the teacher has no {}", teacher.name);
        else if (hasOtherGrid(models.studentSpec, pair) || hasOtherKernel(pair))
            finding.freshReason = gridReason(pair);
        else
            finding.freshReason = fmt::format("no slice of the teacher's {} ({}) has the shape {}",
                                              teacher.name,
                                              shapeText(teacher.shape),
                                              shapeText(student.shape));
        return false;
    }
    auto trace = traceParameter(rows->teacher, rows->student, rows->view, stop);
    if (!trace)
        return std::unexpected(trace.error());
    if (trace->foreign) {
        finding.freshReason =
            fmt::format("no slice of the teacher's {} fits", pair.teacher.parameter->name);
        return false;
    }
    const auto add = [&](int axis, int teacherAxis, const std::vector<Fit>& fits) {
        auto segments =
            segmentTraces(models.studentSpec, models.teacherSpec, pair, axis, teacherAxis, fits);
        std::ranges::move(segments, std::back_inserter(finding.segments));
        auto misplaced =
            misplacedParts(models.studentSpec, models.teacherSpec, pair, axis, teacherAxis, fits);
        std::ranges::move(misplaced, std::back_inserter(finding.misplaced));
    };
    if (!trace->rows.empty())
        add(rows->view.rowAxis, rows->view.teacherRowAxis, trace->rows);
    if (!trace->columns.empty())
        add(rows->view.columnAxis, rows->view.teacherColumnAxis, trace->columns);
    finding.scale = widest(finding.scale, trace->scale);
    finding.teacher = pair.teacher.parameter->name;
    if (!finding.hasOtherGrid)
        if (auto done = addEnergy(*rows, *trace, finding.energy, stop); !done)
            return std::unexpected(done.error());
    return true;
}

Result<ParameterFinding> inspect(const ComparedModels& models,
                                 const Question& question,
                                 std::stop_token stop) {
    ParameterFinding finding;
    const TensorInfo* student = models.student.find(question.parameter->name);
    if (!student || student->elements() <= 1 ||
        dtypeSize(student->dtype) == 0) // a lone number (batches tracked) tells nothing
        return finding;
    finding.isCompared = true;
    finding.energy.name = question.parameter->name;
    if (question.pairs.empty()) {
        finding.freshReason = question.whyNone;
        return finding;
    }
    finding.hasOtherGrid = hasOtherGrid(models.studentSpec, question.pairs.front());
    for (const ParameterPair& pair : question.pairs) {
        auto found = inspectPair(models, pair, finding, stop);
        if (!found)
            return std::unexpected(found.error());
        finding.isInherited = finding.isInherited || *found;
    }
    if (finding.isInherited && !finding.freshReason.empty())
        finding.freshReason = "part of it: " + finding.freshReason;
    if (finding.hasOtherGrid) { // a few rows may have been kept, all others were computed
        finding.isInherited = false;
        finding.freshReason = gridReason(question.pairs.front());
    }
    return finding;
}

/// All parameters, two at a time: one thread reads while the other looks.
Result<std::vector<ParameterFinding>> inspectAll(const ComparedModels& models,
                                                 const std::vector<Question>& questions,
                                                 std::stop_token stop) {
    std::vector<ParameterFinding> findings(questions.size());
    std::vector<std::optional<Error>> errors(questions.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    const auto work = [&] {
        for (std::size_t i = next++; i < questions.size() && !failed; i = next++) {
            auto finding = inspect(models, questions[i], stop);
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

std::vector<Question> questionsByRole(const ComparedModels& models,
                                      const std::vector<int>& teacherLayers) {
    std::vector<Question> questions;
    for (const Parameter& parameter : models.studentSpec.parameters) {
        Question question{&parameter, {}, {}};
        const int from =
            parameter.layer < 0 ? -1 : teacherLayers[static_cast<std::size_t>(parameter.layer)];
        if (parameter.layer >= 0 && from < 0) {
            const Layer& layer =
                models.studentSpec.layers[static_cast<std::size_t>(parameter.layer)];
            question.whyNone = fmt::format(
                "no layer of the teacher's {} has a row of {}", layer.stack, layer.prefix);
        } else {
            question.pairs = pairsOf(models.studentRoles, parameter, models.teacherRoles, from);
            question.whyNone = fmt::format("the teacher has nothing in its place ({})",
                                           models.studentRoles.roleOf(parameter));
        }
        questions.push_back(std::move(question));
    }
    return questions;
}

AxisOrigin originOf(const SegmentTrace& segment) {
    AxisOrigin origin{segment.parameter->name, segment.axis, segment.part, {}};
    for (const Fit& fit : segment.fits)
        origin.indices.push_back(!fit.anything && fit.teachers.size() == 1 ? fit.teachers.front()
                                                                           : -1);
    return origin;
}

/// Energies of all tensors on each space, and of all together.
void sumEnergies(const ModelSpec& studentSpec, ConsistencyReport& report) {
    std::vector<EnergyReport> ofSpace(studentSpec.spaces.size());
    for (const EnergyReport& energy : report.tensorEnergy) {
        report.energy.kept += energy.kept;
        report.energy.teacher += energy.teacher;
        std::vector<char> counted(ofSpace.size(), 0);
        for (const AxisLayout& axis : studentSpec.find(energy.name)->axes)
            for (const AxisSegment& segment : axis.segments)
                for (const int space : segment.spaces)
                    if (const auto at = static_cast<std::size_t>(space); !counted[at]) {
                        counted[at] = 1;
                        ofSpace[at].kept += energy.kept;
                        ofSpace[at].teacher += energy.teacher;
                    }
    }
    for (std::size_t space = 0; space < ofSpace.size(); ++space)
        if (studentSpec.spaces[space].kind != SpaceKind::Fixed && ofSpace[space].teacher > 0) {
            ofSpace[space].name = studentSpec.spaces[space].name;
            report.spaceEnergy.push_back(std::move(ofSpace[space]));
        }
}

/// Takes the findings apart into the report's lists; segments are left for the agreements.
Result<std::vector<SegmentTrace>> gather(const ComparedModels& models,
                                         const std::vector<Question>& questions,
                                         std::vector<ParameterFinding> findings,
                                         ConsistencyReport& report) {
    std::vector<SegmentTrace> segments;
    for (ParameterFinding& finding : findings)
        std::ranges::move(finding.segments, std::back_inserter(segments));
    report.spaces = spaceReports(models.studentSpec, segments);
    for (std::size_t i = 0; i < findings.size(); ++i) {
        ParameterFinding& finding = findings[i];
        const std::string& name = questions[i].parameter->name;
        report.compared += finding.isCompared;
        report.inherited += finding.isInherited;
        if (finding.hasOtherGrid) {
            auto how = howResampled(models, questions[i].pairs.front(), report.spaces);
            if (!how)
                return std::unexpected(how.error());
            if (*how) {
                report.resampled.push_back({name, **how});
                continue;
            }
        }
        if (!finding.freshReason.empty())
            report.fresh.push_back({name, std::move(finding.freshReason)});
        if (!finding.isInherited)
            continue;
        for (std::string& text : finding.misplaced)
            report.misplaced.emplace_back(name, std::move(text));
        if (finding.teacher != name)
            report.renamed.emplace_back(name, finding.teacher);
        if (finding.scale.kind != SliceScale::Kind::None || !finding.scale.isExact ||
            finding.scale.rounding != DType::F32)
            report.scaled.push_back({name, finding.scale});
        report.tensorEnergy.push_back(std::move(finding.energy));
    }
    sumEnergies(models.studentSpec, report);
    for (const SegmentTrace& segment : segments)
        report.axes.push_back(originOf(segment));
    return segments;
}

} // namespace

Result<ConsistencyReport> checkConsistency(const Checkpoint& teacher,
                                           const ModelSpec& teacherSpec,
                                           const Checkpoint& student,
                                           const ModelSpec& studentSpec,
                                           std::stop_token stop) {
    const ComparedModels models{
        teacher, teacherSpec, student, studentSpec, Roles(teacherSpec), Roles(studentSpec)};
    ConsistencyReport report;
    report.energy.name = "all";
    std::vector<int> teacherLayers(studentSpec.layers.size(), -1);
    std::vector<Question> questions;
    if (teacherSpec.family == studentSpec.family && studentSpec.family != "unknown") {
        auto found = findTeacherLayers(models, stop);
        if (!found)
            return std::unexpected(found.error());
        teacherLayers = std::move(*found);
        questions = questionsByRole(models, teacherLayers);
    } else {
        report.matchedBy = MatchedBy::Content;
        report.notes.push_back(fmt::format(
            "The student is of family {}, the teacher of family {}: tensors were matched by the "
            "rows found in both, then by name; which axes belong together is {}.",
            studentSpec.family,
            teacherSpec.family,
            studentSpec.family == "unknown" ? "not known" : "known of the student alone"));
        auto pairs = pairsByContent(models, stop);
        if (!pairs)
            return std::unexpected(pairs.error());
        for (std::size_t i = 0; i < pairs->size(); ++i) {
            const Parameter& parameter = studentSpec.parameters[i];
            questions.push_back({&parameter,
                                 std::move((*pairs)[i]),
                                 fmt::format("no tensor of the teacher's holds a row of it, and "
                                             "none is called {}",
                                             parameter.name)});
        }
    }
    auto findings = inspectAll(models, questions, stop);
    if (!findings)
        return std::unexpected(findings.error());
    std::vector<std::pair<std::string, std::string>> sources;
    for (std::size_t i = 0; i < findings->size(); ++i)
        if ((*findings)[i].isCompared)
            sources.emplace_back(questions[i].parameter->name, (*findings)[i].teacher);
    auto segments = gather(models, questions, std::move(*findings), report);
    if (!segments)
        return std::unexpected(segments.error());
    std::ranges::move(attentionReports(studentSpec, *segments), std::back_inserter(report.spaces));
    report.heads = headReports(studentSpec, teacherSpec, teacherLayers, *segments);
    if (report.matchedBy == MatchedBy::Content)
        report.layers = layersByName(sources);
    else
        for (std::size_t layer = 0; layer < studentSpec.layers.size(); ++layer) {
            const int from = teacherLayers[layer];
            report.layers.push_back(
                studentSpec.layers[layer].prefix + " <- " +
                (from < 0 ? "none" : teacherSpec.layers[static_cast<std::size_t>(from)].prefix));
        }
    return report;
}

} // namespace heirloom
