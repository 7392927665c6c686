// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectionPlan.h"

#include "core/selection/PlanParts.h"
#include "core/selection/SelectionText.h"
#include "core/selection/growth/Growth.h"

#include <algorithm>
#include <cassert>

namespace heirloom {

const ElementSelection& SelectionOptions::elementFor(std::string_view space) const {
    for (auto it = spaces.rbegin(); it != spaces.rend(); ++it)
        if (matchesPattern(it->first, space))
            return it->second;
    return element;
}

const ParameterPlan* SelectionPlan::find(std::string_view studentParameter) const {
    const auto found = std::ranges::find(parameters, studentParameter, &ParameterPlan::student);
    return found == parameters.end() ? nullptr : &*found;
}

int SelectionPlan::freshCount() const {
    assert(student && student->parameters.size() == parameters.size());
    int count = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].origin == Origin::Fresh && isFloatingPoint(student->parameters[i].dtype))
            ++count;
    return count;
}

std::int64_t SelectionPlan::inheritedElements() const {
    assert(student && student->parameters.size() == parameters.size());
    std::int64_t total = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].origin != Origin::Fresh)
            total += elementCount(student->parameters[i].shape).value_or(0);
    return total;
}

std::optional<std::string> teacherName(const SelectionPlan& plan,
                                       std::string_view studentName,
                                       int layer) {
    if (layer < 0)
        return std::string(studentName);
    const int from = plan.mapping.teacherLayer[static_cast<std::size_t>(layer)];
    if (from < 0)
        return std::nullopt;
    const auto& ours = plan.student->layers[static_cast<std::size_t>(layer)];
    const auto& theirs = plan.teacher->layers[static_cast<std::size_t>(from)];
    if (studentName.starts_with(ours.prefix + "."))
        return theirs.prefix + std::string(studentName.substr(ours.prefix.size()));
    // Spaces are called after the stack whatever a library calls the layer.
    const auto place = fmt::format("{}.{}", ours.stack, ours.position);
    if (studentName.starts_with(place + "."))
        return fmt::format(
            "{}.{}{}", theirs.stack, theirs.position, studentName.substr(place.size()));
    return std::string(studentName);
}

bool isSelectable(SpaceKind kind) {
    return kind != SpaceKind::Classes && kind != SpaceKind::Tokens &&
           kind != SpaceKind::Positions && kind != SpaceKind::Fixed;
}

Error widerError(std::string where, std::int64_t student, std::int64_t teacher) {
    return Error{
        std::move(where),
        fmt::format("the student needs {} but the teacher has {}", student, teacher),
        "Weight selection only shrinks: choose a teacher at least as wide, a narrower student, or "
        "grow it with --growth net2net or --growth stack"};
}

bool hasRepeats(const std::vector<std::int64_t>& indices) {
    return std::ranges::adjacent_find(indices) != indices.end();
}

Result<SelectionPlan> planSelection(std::shared_ptr<const ModelSpec> teacher,
                                    std::shared_ptr<const ModelSpec> student,
                                    const SelectionOptions& options,
                                    const Checkpoint* weights,
                                    ScoreSource* scores) {
    assert(teacher && student);
    SelectionPlan plan{
        .teacher = std::move(teacher), .student = std::move(student), .options = options};
    const auto& theirs = plan.teacher->family;
    const auto& ours = plan.student->family;
    const bool isUnknown = theirs == "unknown" || ours == "unknown";
    if (theirs != ours && !isUnknown)
        return std::unexpected(
            Error{plan.student->name,
                  fmt::format("the student is of family {}, the teacher {} of family {}",
                              ours,
                              plan.teacher->name,
                              theirs),
                  "Weight selection needs teacher and student of one family"});
    if (options.asPublished || theirs != ours) {
        const auto rule = options.asPublished ? TensorRule::Published : TensorRule::UnknownFamily;
        if (auto done = planByTensor(plan, rule); !done)
            return std::unexpected(done.error());
        if (auto done = resolveWeights(plan); !done)
            return std::unexpected(done.error());
        return plan;
    }
    if (isUnknown)
        plan.notes.emplace_back("Neither family is known: tensors are matched by name and every "
                                "axis is cut on its own, so axes that "
                                "belong together may take different indices");
    const auto layers = growLayers(*plan.teacher, *plan.student, options.layers, options.growth);
    auto mapping = mapLayers(*plan.teacher, *plan.student, layers);
    if (!mapping)
        return std::unexpected(mapping.error());
    plan.mapping = std::move(*mapping);
    if (auto done = resolveSpaces(plan, weights, scores); !done)
        return std::unexpected(done.error());
    if (auto done = resolveParameters(plan); !done)
        return std::unexpected(done.error());
    if (auto done = resolveWeights(plan); !done)
        return std::unexpected(done.error());
    resolveShortcuts(plan);
    if (auto done = growParameters(plan); !done)
        return std::unexpected(done.error());
    return plan;
}

} // namespace heirloom
