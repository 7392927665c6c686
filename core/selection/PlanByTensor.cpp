// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/MatrixRole.h"
#include "core/selection/PlanParts.h"
#include "core/selection/Strategy.h"

#include <algorithm>
#include <map>

namespace heirloom {
namespace {

/// uniformIndices() of each pair of sizes, made once; null for equal sizes.
class UniformLists {
public:
    IndexList get(std::int64_t teacher, std::int64_t student) {
        if (teacher == student)
            return nullptr;
        auto& list = m_lists[{teacher, student}];
        if (!list)
            list =
                std::make_shared<const std::vector<std::int64_t>>(uniformIndices(teacher, student));
        return list;
    }

private:
    std::map<std::pair<std::int64_t, std::int64_t>, IndexList> m_lists;
};

/// What to do about a tensor that the teacher lacks.
std::string missingAdvice(const SelectionPlan& plan, const Parameter& parameter) {
    if (parameter.layer < 0)
        return "Choose a student that has no such part, or turn \"as published\" off";
    const auto& block = plan.student->layers[static_cast<std::size_t>(parameter.layer)].prefix;
    if (std::ranges::find(plan.teacher->layers, block, &Layer::prefix) ==
        plan.teacher->layers.end())
        return "Choose a student that is not deeper than the teacher, or turn \"as published\" off";
    if (isOfShortcut(parameter))
        return fmt::format("The shortcut of the teacher's {} is the identity. Choose widths with "
                           "which the student's is one too (in a first stage: a stem as wide as "
                           "the stage), or turn \"as published\" off",
                           block);
    return fmt::format("The teacher's {} has no such part. Choose a student whose blocks have the "
                       "same parts, or turn \"as published\" off",
                       block);
}

Result<ParameterPlan> planTensor(const SelectionPlan& plan,
                                 const Parameter& parameter,
                                 TensorRule rule,
                                 UniformLists& lists) {
    ParameterPlan made{.student = parameter.name, .seed = plan.options.seed};
    if (rule == TensorRule::Published && parameter.name.find("head") != std::string::npos) {
        made.reason = "the published rule skips every name that contains \"head\"";
        return made;
    }
    const auto* source = plan.teacher->find(parameter.name);
    if (!source) {
        made.reason = fmt::format("the teacher has no {}", parameter.name);
        // Files older than PyTorch 1.0 have no batch counters; a counter starts at zero anyway.
        if (rule == TensorRule::UnknownFamily || !isFloatingPoint(parameter.dtype))
            return made;
        return std::unexpected(
            Error{parameter.name,
                  "the teacher has no tensor of this name, which the published rule needs",
                  missingAdvice(plan, parameter)});
    }
    const std::size_t rank = parameter.shape.size();
    if (source->shape.size() != rank) {
        made.reason = fmt::format(
            "{} here, {} in the teacher", shapeText(parameter.shape), shapeText(source->shape));
        if (rule == TensorRule::UnknownFamily)
            return made;
        return fail(parameter.name,
                    "the student needs {} axes but the teacher's tensor has {}: {} and {}",
                    rank,
                    source->shape.size(),
                    shapeText(parameter.shape),
                    shapeText(source->shape));
    }
    for (std::size_t axis = 0; axis < rank; ++axis) {
        if (parameter.shape[axis] > source->shape[axis]) {
            auto error = widerError(fmt::format("{}, axis {}", parameter.name, axis),
                                    parameter.shape[axis],
                                    source->shape[axis]);
            error.advice = "Cutting tensor by tensor only shrinks: choose a teacher at least as "
                           "wide, or a narrower student";
            return std::unexpected(std::move(error));
        }
        made.axes.push_back(parameter.shape[axis] == 0
                                ? std::make_shared<const std::vector<std::int64_t>>()
                                : lists.get(source->shape[axis], parameter.shape[axis]));
    }
    made.origin = Origin::Inherited;
    made.teacher = parameter.name;
    return made;
}

/// What the rule gives on each space as a whole. Axes of several segments (qkv) are cut as one run
/// and need not follow it.
void describeSpaces(SelectionPlan& plan, UniformLists& lists) {
    for (const auto& space : plan.student->spaces) {
        SpacePlan made{.student = space.name, .studentSize = space.size};
        made.teacherSpace = plan.teacher->spaceIndex(space.name);
        if (made.teacherSpace >= 0) {
            made.teacherSize =
                plan.teacher->spaces[static_cast<std::size_t>(made.teacherSpace)].size;
            made.blended = space.kind == SpaceKind::Heads;
            if (!made.blended && 0 < made.studentSize && made.studentSize < made.teacherSize)
                made.indices = lists.get(made.teacherSize, made.studentSize);
            made.repeats = made.indices && hasRepeats(*made.indices);
        }
        plan.spaces.push_back(std::move(made));
    }
}

} // namespace

Status planByTensor(SelectionPlan& plan, TensorRule rule) {
    for (const auto& layer : plan.student->layers) {
        const auto found = std::ranges::find(plan.teacher->layers, layer.prefix, &Layer::prefix);
        plan.mapping.teacherLayer.push_back(
            found == plan.teacher->layers.end()
                ? -1
                : static_cast<int>(found - plan.teacher->layers.begin()));
    }
    UniformLists lists;
    int repeating = 0;
    for (const auto& parameter : plan.student->parameters) {
        auto made = planTensor(plan, parameter, rule, lists);
        if (!made)
            return std::unexpected(made.error());
        for (const auto& list : made->axes)
            repeating += list && hasRepeats(*list);
        plan.parameters.push_back(std::move(*made));
    }
    describeSpaces(plan, lists);
    if (repeating > 0)
        plan.notes.push_back(fmt::format("On {} tensor axes an index comes twice, as the published "
                                         "rule has it for sizes this close",
                                         repeating));
    plan.notes.emplace_back(rule == TensorRule::Published
                                ? "As published: each axis of each tensor is cut on its own, q, k "
                                  "and v as one run of rows"
                                : "One of the two families is not known: tensors are matched by "
                                  "name, each axis is cut on its own by the "
                                  "uniform rule, and the chosen strategies are not read");
    return {};
}

} // namespace heirloom
