// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/PairFit.h"

#include "core/model/ModelCost.h"
#include "core/model/Translation.h"
#include "core/selection/SelectionPlan.h"

#include <algorithm>

namespace heirloom {
namespace {

bool isWidth(SpaceKind kind) {
    return kind == SpaceKind::Residual || kind == SpaceKind::Mlp || kind == SpaceKind::Channels;
}

/// Spaces inside a head, and heads that share a key and value: whole heads need them equal.
bool isInsideHead(SpaceKind kind) {
    return kind == SpaceKind::HeadDim || kind == SpaceKind::Rotary;
}

void readSpaces(PairFit& fit, const SelectionPlan& plan) {
    bool hasGroups = false;
    std::int64_t group = 1;
    std::int64_t teacherGroup = 1;
    for (std::size_t i = 0; i < plan.spaces.size(); ++i) {
        const auto& space = plan.spaces[i];
        if (space.teacherSpace < 0)
            continue;
        const auto kind = plan.student->spaces[i].kind;
        const auto ours = plan.student->spaces[i].size;
        const auto theirs = plan.teacher->spaces[static_cast<std::size_t>(space.teacherSpace)].size;
        if (ours <= 0)
            continue;
        if (isWidth(kind))
            fit.hasWholeRatios = fit.hasWholeRatios && theirs % ours == 0;
        if (kind == SpaceKind::Residual)
            fit.widthRatio =
                std::max(fit.widthRatio, static_cast<double>(theirs) / static_cast<double>(ours));
        if (isInsideHead(kind))
            fit.hasEqualHeadDim = fit.hasEqualHeadDim && ours == theirs;
        if (kind == SpaceKind::Group && !hasGroups) {
            hasGroups = true;
            group = ours;
            teacherGroup = theirs;
        }
        if (kind == SpaceKind::Heads) {
            fit.hasWholeHeads = fit.hasWholeHeads && !space.blended;
            if (!fit.hasHeads) {
                fit.heads = ours;
                fit.teacherHeads = theirs;
            }
            fit.hasHeads = true;
        }
    }
    fit.heads *= group;
    fit.teacherHeads *= teacherGroup;
    fit.hasWholeHeads = fit.hasWholeHeads && fit.hasEqualHeadDim;
}

double share(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

} // namespace

Result<PairFit> fitPair(std::shared_ptr<const ModelSpec> teacher,
                        std::shared_ptr<const ModelSpec> student) {
    const auto spoken = spokenLike({nullptr, std::move(teacher)}, *student);
    if (!spoken)
        return std::unexpected(spoken.error());
    const auto plan = planSelection(spoken->spec, std::move(student), {}, nullptr);
    if (!plan)
        return std::unexpected(plan.error());
    const auto ours = modelCost(*plan->student).parameters;
    const auto theirs = modelCost(*plan->teacher).parameters;
    PairFit fit;
    fit.sizeRatio = share(theirs, ours);
    std::int64_t inherited = 0;
    for (std::size_t i = 0; i < plan->parameters.size(); ++i) {
        const auto& parameter = plan->student->parameters[i];
        if (plan->parameters[i].origin != Origin::Fresh && !parameter.isBuffer)
            inherited += elementCount(parameter.shape).value_or(0);
    }
    // a tied tensor stands twice in some specs
    inherited = std::min(inherited, ours);
    fit.inheritedShare = share(inherited, ours);
    fit.keptShare = share(inherited, theirs);
    fit.teacherLayers = static_cast<int>(plan->teacher->layers.size());
    fit.layers = static_cast<int>(
        std::ranges::count_if(plan->mapping.teacherLayer, [](int from) { return from >= 0; }));
    readSpaces(fit, *plan);
    return fit;
}

std::vector<std::string> PairFit::reasons() const {
    std::vector<std::string> all;
    all.push_back(fmt::format("teacher {:.3g} x the size", sizeRatio));
    all.push_back(fmt::format("{:.0f} % of the student inherited", 100 * inheritedShare));
    if (widthRatio > 0)
        all.push_back(fmt::format("width 1 : {:.3g}{}",
                                  widthRatio,
                                  hasWholeRatios ? ", evenly spaced" : ", not evenly spaced"));
    if (hasHeads)
        all.push_back(hasWholeHeads     ? fmt::format("{} of {} heads, whole", heads, teacherHeads)
                      : hasEqualHeadDim ? "heads glued from several"
                                        : "heads of another size");
    if (teacherLayers > 0)
        all.push_back(fmt::format("{} of {} layers", layers, teacherLayers));
    return all;
}

int compareFits(const PairFit& a, const PairFit& b) {
    if (a.hasWholeHeads != b.hasWholeHeads)
        return a.hasWholeHeads ? -1 : 1;
    if (a.hasWholeRatios != b.hasWholeRatios)
        return a.hasWholeRatios ? -1 : 1;
    return 0;
}

} // namespace heirloom
