// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/HeadFit.h"

#include "core/selection/PlanParts.h"

namespace heirloom {
namespace {

/// Heads with groups or rotary pairs inside: whole, or an Error that names what does not fit.
Result<HeadFit> fitStructured(const SelectionPlan& plan, int heads, const HeadInside& inside) {
    const auto& space = plan.spaces[static_cast<std::size_t>(heads)];
    const auto refuse = [&](const SpacePlan& wider) {
        auto error = widerError(wider.student, wider.studentSize, wider.teacherSize);
        error.text += "; grouped query heads and rotary pairs are only taken whole";
        return std::unexpected(std::move(error));
    };
    if (space.studentSize > space.teacherSize)
        return refuse(space);
    for (const int index : inside.spaces) {
        const auto& dim = plan.spaces[static_cast<std::size_t>(index)];
        if (dim.teacherSpace >= 0 && dim.studentSize > dim.teacherSize)
            return refuse(dim);
    }
    HeadFit fit;
    if (space.selection.heads == HeadMode::Blended)
        fit.note = "heads cannot be blended where query heads are grouped or rotated in pairs, so "
                   "whole ones are taken";
    return fit;
}

} // namespace

std::map<int, HeadInside> insideHeads(const ModelSpec& spec) {
    const auto isHeads = [&](int space) {
        return spec.spaces[static_cast<std::size_t>(space)].kind == SpaceKind::Heads;
    };
    std::map<int, HeadInside> inside;
    for (const auto& parameter : spec.parameters)
        for (const auto& axis : parameter.axes)
            for (const auto& segment : axis.segments)
                if (segment.spaces.size() >= 2 && isHeads(segment.spaces[0])) {
                    auto& found = inside[segment.spaces[0]];
                    found.spaces.insert(segment.spaces.begin() + 1, segment.spaces.end());
                    found.isFlat = found.isFlat && segment.spaces.size() == 2 &&
                                   spec.spaces[static_cast<std::size_t>(segment.spaces[1])].kind ==
                                       SpaceKind::HeadDim;
                }
    return inside;
}

Result<HeadFit> fitHeads(const SelectionPlan& plan, int heads, const HeadInside& inside) {
    if (!inside.isFlat)
        return fitStructured(plan, heads, inside);
    const auto& space = plan.spaces[static_cast<std::size_t>(heads)];
    HeadFit fit{.isWhole = space.studentSize <= space.teacherSize};
    std::int64_t ourDim = 0;
    std::int64_t theirDim = 0;
    bool isEven = true; // one head size for q, k and v
    for (const int index : inside.spaces) {
        const auto& dim = plan.spaces[static_cast<std::size_t>(index)];
        isEven = isEven && dim.teacherSpace >= 0 && (ourDim == 0 || ourDim == dim.studentSize) &&
                 (theirDim == 0 || theirDim == dim.teacherSize);
        ourDim = dim.studentSize;
        theirDim = dim.teacherSize;
        fit.isWhole = fit.isWhole && ourDim <= theirDim;
    }
    const bool isAsked = space.selection.heads == HeadMode::Whole;
    if (fit.isWhole && isAsked)
        return fit;
    if (!isEven)
        return std::unexpected(
            Error{space.student,
                  "q, k and v have different head sizes, so heads cannot be blended",
                  "Choose whole heads and a student with at most as many heads, none larger"});
    fit.isWhole = false;
    fit.studentWidth = space.studentSize * ourDim;
    fit.teacherWidth = space.teacherSize * theirDim;
    if (fit.studentWidth > fit.teacherWidth) {
        auto error = widerError(space.student, fit.studentWidth, fit.teacherWidth);
        error.text += fmt::format(" (heads × head size: {} × {} and {} × {})",
                                  space.studentSize,
                                  ourDim,
                                  space.teacherSize,
                                  theirDim);
        return std::unexpected(std::move(error));
    }
    if (isAsked)
        fit.note =
            fmt::format("{} heads of {} cannot be whole heads of the teacher's {} of {}, so they "
                        "are blended",
                        space.studentSize,
                        ourDim,
                        space.teacherSize,
                        theirDim);
    return fit;
}

} // namespace heirloom
