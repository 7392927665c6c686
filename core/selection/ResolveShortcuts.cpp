// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/MatrixRole.h"
#include "core/selection/PlanParts.h"
#include "core/selection/WeightRule.h"

#include <algorithm>

namespace heirloom {
namespace {

constexpr float batchNormEps = 1e-5F; ///< torch's default, which every family here keeps

/// The space of the teacher that an axis of the student takes its indices from; -1: none.
int teacherSpaceOf(const SelectionPlan& plan, const AxisLayout& axis) {
    const int space = onlySpace(axis);
    return space < 0 ? -1 : plan.spaces[static_cast<std::size_t>(space)].teacherSpace;
}

/// Controls that draw everything draw this too.
bool readsTeacher(const ParameterPlan& plan) {
    const auto* rule = findWeightRule(plan.weights.rule);
    return rule && rule->needs != WeightNeed::Nothing;
}

bool isIdentityInTeacher(const SelectionPlan& plan, const Parameter& parameter) {
    if (!isProjection(parameter) || parameter.layer < 0)
        return false;
    const auto name = teacherName(plan, parameter.name, parameter.layer);
    if (!name || plan.teacher->find(*name))
        return false;
    // Where the two are not one space in the teacher, its block has no shortcut to follow.
    const int out = teacherSpaceOf(plan, parameter.axes[0]);
    return out >= 0 && out == teacherSpaceOf(plan, parameter.axes[1]);
}

/// What the parameter of a BatchNorm is where y = x, up to rounding.
std::optional<float> neutralValue(const Parameter& parameter) {
    const std::string_view name = parameter.name;
    if (name.ends_with(".running_var"))
        return 1.0F - batchNormEps; // y = (x - mean) / sqrt(var + eps) * weight + bias
    if (name.ends_with(".weight"))
        return 1.0F;
    if (name.ends_with(".bias") || name.ends_with(".running_mean"))
        return 0.0F;
    return std::nullopt; // the counter
}

} // namespace

void resolveShortcuts(SelectionPlan& plan) {
    const auto& ours = plan.student->parameters;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (!readsTeacher(plan.parameters[i]) || !isIdentityInTeacher(plan, ours[i]))
            continue;
        const auto& block = plan.student->layers[static_cast<std::size_t>(ours[i].layer)].prefix;
        plan.parameters[i].isIdentity = true;
        plan.parameters[i].reason =
            fmt::format("the teacher's shortcut of {} is the identity, and this one hands on the "
                        "same channels",
                        block);
        for (std::size_t k = 0; k < ours.size(); ++k) {
            if (ours[k].layer != ours[i].layer || !isOfShortcut(ours[k]) ||
                ours[k].shape.size() != 1 || !readsTeacher(plan.parameters[k]))
                continue;
            plan.parameters[k].constant = neutralValue(ours[k]);
            plan.parameters[k].reason = fmt::format(
                "the teacher's shortcut of {} is the identity, and this changes nothing in "
                "evaluation",
                block);
        }
    }
}

} // namespace heirloom
