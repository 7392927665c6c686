// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ParameterView.h"

#include "core/selection/InitializeStudent.h"
#include "core/selection/Strategy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace heirloom {
namespace {

constexpr int histogramBins = 64;

std::shared_ptr<const PlaneView> planeView(Plane plane, std::vector<PlaneBand> bands) {
    auto view = std::make_shared<PlaneView>();
    view->stats = tensorStats(plane);
    view->norms = marginals(plane);
    view->bands = std::move(bands);
    view->pyramid =
        std::make_shared<HeatmapPyramid>(std::make_shared<const Plane>(std::move(plane)));
    return view;
}

std::shared_ptr<const PlaneView> withHistogram(const PlaneView& view, float range) {
    auto filled = std::make_shared<PlaneView>(view);
    filled->histogram = histogram(view.pyramid->plane(), -range, range, histogramBins);
    return filled;
}

/// Half width of the colour scale: robust, never 0.
float rangeOf(const TensorStats& stats) {
    const float robust = std::max(std::abs(stats.quantileLow), std::abs(stats.quantileHigh));
    if (robust > 0 && std::isfinite(robust))
        return robust;
    const float extreme = std::max(std::abs(stats.minimum), std::abs(stats.maximum));
    return extreme > 0 && std::isfinite(extreme) ? extreme : 1.0F;
}

std::unexpected<Error> stopped(std::string_view parameter) {
    return fail(std::string(parameter), "reading was stopped");
}

/// Whether every row and column of the origin can be read from `plane`.
bool fits(const PlaneOrigin& origin, const Plane& plane) {
    const auto inside = [](const std::vector<std::int64_t>& list, std::int64_t size) {
        return !list.empty() &&
               std::ranges::all_of(list, [size](std::int64_t i) { return i >= 0 && i < size; });
    };
    return inside(origin.rows, plane.rows) && inside(origin.columns, plane.columns);
}

/// NaN before infinity before the larger magnitude: the same order as HeatmapPyramid's extremes.
float moreExtreme(float a, float b) {
    if (std::isnan(a))
        return a;
    if (std::isnan(b))
        return b;
    return std::abs(b) > std::abs(a) ? b : a;
}

/// Signed extremes of the selected rows × columns at thumbnail size, gathered from the teacher
/// without copying the student out.
HeatmapTile thumbnailOf(const Plane& teacher, const PlaneOrigin& origin, int width, int height) {
    const auto tall = std::ssize(origin.rows);
    const auto wide = std::ssize(origin.columns);
    HeatmapTile tile{
        width,
        height,
        std::vector<float>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
    for (int y = 0; y < height; ++y) {
        const std::int64_t top = y * tall / height;
        const std::int64_t bottom = std::max(top + 1, (y + 1) * tall / height);
        for (int x = 0; x < width; ++x) {
            const std::int64_t left = x * wide / width;
            const std::int64_t right = std::max(left + 1, (x + 1) * wide / width);
            float found = 0;
            for (std::int64_t i = top; i < bottom; ++i) {
                const std::int64_t row = origin.rows[static_cast<std::size_t>(i)];
                for (std::int64_t j = left; j < right; ++j)
                    found = moreExtreme(
                        found, teacher.at(row, origin.columns[static_cast<std::size_t>(j)]));
            }
            tile.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                        static_cast<std::size_t>(x)] = found;
        }
    }
    return tile;
}

/// A word that fits under a thumbnail.
std::string titleOf(const Strategy& strategy, const ElementSelection& selection) {
    if (strategy.name != "consecutive")
        return std::string(strategy.title);
    switch (selection.position) {
    case RunPosition::First:
        return "First";
    case RunPosition::Centre:
        return "Centre";
    case RunPosition::Last:
        return "Last";
    }
    return std::string(strategy.title);
}

/// The choices of one space, in the order in which they are offered.
std::vector<WhatIf> choicesFor(const SpaceKind kind,
                               const ElementSelection& current,
                               bool asPublished) {
    std::vector<WhatIf> choices;
    const auto add = [&](ElementSelection selection, std::string title) {
        WhatIf choice;
        // The current choice keeps its options (seed, position, norm), so that its thumbnail is
        // what is in force.
        const bool same = selection.strategy == current.strategy &&
                          (kind != SpaceKind::Heads || selection.heads == current.heads);
        choice.selection = same ? current : std::move(selection);
        choice.isCurrent = same && !asPublished;
        choice.title = std::move(title);
        choices.push_back(std::move(choice));
    };
    for (const Strategy* strategy : strategies()) {
        const bool isOnRequest = strategy->need == StrategyNeed::Indices || strategy->isControl;
        if (isOnRequest && strategy->name != current.strategy)
            continue;
        ElementSelection selection;
        selection.strategy = std::string(strategy->name);
        if (kind == SpaceKind::Heads && strategy->name == "uniform") {
            add(selection, "Heads");
            selection.heads = HeadMode::Blended;
            add(selection, "Uniform");
        } else {
            if (strategy->name == current.strategy)
                selection.heads = current.heads;
            add(selection,
                titleOf(*strategy, strategy->name == current.strategy ? current : selection));
        }
    }
    WhatIf published;
    published.asPublished = true;
    published.isCurrent = asPublished;
    published.title = "Published";
    choices.push_back(std::move(published));
    return choices;
}

/// The plan's options as far as they bear on one parameter: its own spaces keep what they use now,
/// all else is the cheapest there is, so that a what-if does not score the whole teacher again.
SelectionOptions optionsAround(const SelectionPlan& plan, const Parameter& parameter, int main) {
    SelectionOptions options;
    options.layers = plan.options.layers;
    options.seed = plan.options.seed;
    for (const AxisLayout& axis : parameter.axes) {
        for (const AxisSegment& segment : axis.segments) {
            for (const int index : segment.spaces) {
                const IndexSpace& space = plan.student->spaces[static_cast<std::size_t>(index)];
                const bool isChosen = space.kind != SpaceKind::Classes &&
                                      space.kind != SpaceKind::Tokens &&
                                      space.kind != SpaceKind::Fixed;
                if (index == main || !isChosen)
                    continue;
                const SpacePlan& planned = plan.spaces[static_cast<std::size_t>(index)];
                ElementSelection selection = plan.options.elementFor(space.name);
                if (planned.indices && space.kind == SpaceKind::Residual &&
                    !plan.options.asPublished) {
                    selection = {};
                    selection.strategy = "explicit";
                    selection.indices = *planned.indices;
                }
                options.spaces.emplace_back(space.name, std::move(selection));
            }
        }
    }
    return options;
}

} // namespace

Result<ParameterView> viewParameter(const Checkpoint& teacher,
                                    const SelectionPlan& plan,
                                    std::string_view studentParameter,
                                    std::stop_token stop) {
    const Parameter* parameter = plan.student->find(studentParameter);
    const ParameterPlan* source = plan.find(studentParameter);
    if (parameter == nullptr || source == nullptr)
        return fail(std::string(studentParameter),
                    "the student {} has no such parameter",
                    plan.student->name);

    ParameterView view;
    view.student = parameter->name;
    view.studentShape = parameter->shape;
    view.dtype = parameter->dtype;

    std::shared_ptr<const PlaneView> teacherPlane;
    if (source->origin != Origin::Fresh) {
        const Result<HostTensor> tensor = teacher.read(source->teacher);
        if (!tensor)
            return std::unexpected(tensor.error());
        if (stop.stop_requested())
            return stopped(studentParameter);
        view.teacher = source->teacher;
        view.teacherShape = tensor->shape;
        view.dtype = tensor->dtype;
        view.origin = planeOrigin(*source, tensor->shape, parameter->shape);
        const Parameter* named = plan.teacher->find(source->teacher);
        teacherPlane = planeView(planeOf(*tensor),
                                 named != nullptr ? planeBands(*plan.teacher, *named)
                                                  : std::vector<PlaneBand>());
        // Where one side was resampled, what is kept is no share of the teacher's elements.
        if (fits(view.origin, teacherPlane->pyramid->plane()))
            view.kept = keptEnergy(teacherPlane->pyramid->plane(), view.origin);
    }
    if (stop.stop_requested())
        return stopped(studentParameter);

    const Result<HostTensor> student = initializeParameter(teacher, plan, studentParameter);
    if (!student)
        return std::unexpected(student.error());
    if (stop.stop_requested())
        return stopped(studentParameter);
    if (source->origin == Origin::Fresh)
        view.dtype = student->dtype;
    const auto studentPlane = planeView(planeOf(*student), planeBands(*plan.student, *parameter));

    view.range = rangeOf(teacherPlane ? teacherPlane->stats : studentPlane->stats);
    if (teacherPlane)
        view.teacherPlane = withHistogram(*teacherPlane, view.range);
    view.studentPlane = withHistogram(*studentPlane, view.range);
    return view;
}

int mainSpace(const ModelSpec& student, std::string_view studentParameter) {
    const Parameter* parameter = student.find(studentParameter);
    if (parameter == nullptr)
        return -1;
    constexpr std::array order{SpaceKind::Heads,
                               SpaceKind::Mlp,
                               SpaceKind::Channels,
                               SpaceKind::Residual,
                               SpaceKind::Unknown};
    int best = -1;
    auto bestRank = order.size();
    for (const AxisLayout& axis : parameter->axes) {
        for (const AxisSegment& segment : axis.segments) {
            for (const int space : segment.spaces) {
                const auto found =
                    std::ranges::find(order, student.spaces[static_cast<std::size_t>(space)].kind);
                const auto rank = static_cast<std::size_t>(found - order.begin());
                if (rank < bestRank) {
                    bestRank = rank;
                    best = space;
                }
            }
        }
    }
    return best;
}

Result<std::vector<WhatIf>> whatIfs(const Checkpoint& teacher,
                                    const SelectionPlan& plan,
                                    std::string_view studentParameter,
                                    int thumbnailWidth,
                                    int thumbnailHeight,
                                    std::stop_token stop) {
    const Parameter* parameter = plan.student->find(studentParameter);
    if (parameter == nullptr)
        return fail(std::string(studentParameter),
                    "the student {} has no such parameter",
                    plan.student->name);
    const int main = mainSpace(*plan.student, studentParameter);
    const ParameterPlan* source = plan.find(studentParameter);
    if (main < 0 || source == nullptr || source->origin == Origin::Fresh)
        return std::vector<WhatIf>();
    const IndexSpace& space = plan.student->spaces[static_cast<std::size_t>(main)];

    if (plan.teacher->family != plan.student->family)
        return std::vector<WhatIf>(); // matched by name; strategies are not read
    const SpacePlan& planned = plan.spaces[static_cast<std::size_t>(main)];
    if (planned.studentSize == planned.teacherSize && space.kind != SpaceKind::Heads)
        return std::vector<WhatIf>(); // all is taken, whatever the strategy

    std::vector<WhatIf> choices =
        choicesFor(space.kind, plan.options.elementFor(space.name), plan.options.asPublished);
    const SelectionOptions around = optionsAround(plan, *parameter, main);
    std::string readName;
    std::optional<Plane> plane;
    Shape teacherShape;
    for (WhatIf& choice : choices) {
        if (stop.stop_requested())
            return stopped(studentParameter);
        SelectionOptions options = around;
        options.asPublished = choice.asPublished;
        if (!choice.asPublished)
            options.spaces.emplace_back(space.name, choice.selection);
        const Result<SelectionPlan> other =
            choice.isCurrent ? Result<SelectionPlan>(plan)
                             : planSelection(plan.teacher, plan.student, options, &teacher);
        if (!other) {
            choice.unfit = other.error().message();
            continue;
        }
        const ParameterPlan* there = other->find(studentParameter);
        if (there == nullptr || there->origin == Origin::Fresh) {
            choice.unfit = there != nullptr && !there->reason.empty()
                               ? there->reason
                               : "this parameter would be fresh";
            continue;
        }
        if (!plane || readName != there->teacher) {
            const Result<HostTensor> tensor = teacher.read(there->teacher);
            if (!tensor)
                return std::unexpected(tensor.error());
            plane = planeOf(*tensor);
            teacherShape = tensor->shape;
            readName = there->teacher;
        }
        const PlaneOrigin origin = planeOrigin(*there, teacherShape, parameter->shape);
        if (!fits(origin, *plane)) {
            choice.unfit = "its positions are resampled, not picked";
            continue;
        }
        choice.kept = keptEnergy(*plane, origin);
        choice.thumbnail = thumbnailOf(*plane, origin, thumbnailWidth, thumbnailHeight);
    }
    return choices;
}

} // namespace heirloom
