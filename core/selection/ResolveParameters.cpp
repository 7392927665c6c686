// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/PlanParts.h"
#include "core/selection/Resample.h"
#include "core/selection/Strategy.h"

#include <algorithm>
#include <expected>
#include <map>
#include <numeric>
#include <unordered_map>

namespace heirloom {
namespace {

/// The teacher indices of one axis, or why the parameter cannot be inherited along it.
struct AxisChoice {
    IndexList indices;
    std::string reason;
};

class ParameterResolver {
public:
    explicit ParameterResolver(SelectionPlan& plan)
        : m_plan(plan), m_teacher(*plan.teacher), m_student(*plan.student) {
        for (const auto& parameter : m_teacher.parameters)
            m_byName.emplace(parameter.name, &parameter);
    }

    Status resolve() {
        for (const auto& parameter : m_student.parameters) {
            auto made = resolveParameter(parameter);
            if (made.origin == Origin::Fresh) {
                made.teacher.clear();
                made.axes.clear();
                made.seed = m_plan.options.seed;
            }
            m_plan.parameters.push_back(std::move(made));
        }
        return {};
    }

private:
    using Positions = std::vector<std::int64_t>;
    using Tie = std::pair<std::string, std::string>; ///< of ModelSpec::tied

    const IndexSpace& ours(int space) const {
        return m_student.spaces[static_cast<std::size_t>(space)];
    }
    const IndexSpace& theirs(int space) const {
        return m_teacher.spaces[static_cast<std::size_t>(space)];
    }
    const SpacePlan& planned(int space) const {
        return m_plan.spaces[static_cast<std::size_t>(space)];
    }

    ParameterPlan resolveParameter(const Parameter& parameter) {
        ParameterPlan made{.student = parameter.name};
        const auto name = teacherName(m_plan, parameter.name, parameter.layer);
        if (!name) {
            made.reason =
                fmt::format("no teacher layer feeds {}",
                            m_student.layers[static_cast<std::size_t>(parameter.layer)].prefix);
            return made;
        }
        auto found = m_byName.find(*name);
        if (found == m_byName.end()) {
            // A tied tensor stands in the file under the name of the one that it is.
            const auto kept = std::ranges::find(m_teacher.tied, *name, &Tie::first);
            if (kept != m_teacher.tied.end())
                found = m_byName.find(kept->second);
            if (found != m_byName.end())
                m_plan.notes.push_back(
                    fmt::format("{}: the teacher's is tied to {}, from which this takes its own",
                                parameter.name,
                                kept->second));
        }
        if (found == m_byName.end()) {
            made.reason = fmt::format("the teacher has no {}", *name);
            return made;
        }
        const auto& source = *found->second;
        if (source.axes.size() != parameter.axes.size()) {
            made.reason = fmt::format(
                "{} here, {} in the teacher", shapeText(parameter.shape), shapeText(source.shape));
            return made;
        }
        made.origin = Origin::Inherited;
        made.teacher = source.name;
        const auto resampling = resamplingOf(m_teacher, source, m_student, parameter);
        if (!resampling.reason.empty()) {
            made.origin =
                resampling.kind == Resampling::Kind::None ? Origin::Fresh : Origin::Resampled;
            made.reason = resampling.reason;
            if (made.origin == Origin::Fresh)
                return made;
        }
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis) {
            if (resampling.covers(axis, parameter.axes.size())) {
                made.axes.push_back(nullptr);
                continue;
            }
            auto choice = resolveAxis(parameter, axis, source.axes[axis]);
            if (!choice.reason.empty()) {
                made.origin = Origin::Fresh;
                made.reason = std::move(choice.reason);
                return made;
            }
            made.axes.push_back(std::move(choice.indices));
        }
        return made;
    }

    AxisChoice resolveAxis(const Parameter& parameter, std::size_t at, const AxisLayout& source) {
        const auto& axis = parameter.axes[at];
        if (axis.segments.size() != source.segments.size())
            return {.reason = "its axes are put together in another way than the teacher's"};
        AxisChoice choice;
        std::vector<int> key; // the spaces of all segments, -1 after each
        for (std::size_t i = 0; i < axis.segments.size(); ++i) {
            choice.reason = compare(axis.segments[i], source.segments[i]);
            if (!choice.reason.empty())
                return choice;
            key.insert(key.end(), axis.segments[i].spaces.begin(), axis.segments[i].spaces.end());
            key.push_back(-1);
        }
        if (std::ranges::any_of(
                key, [&](int space) { return space >= 0 && isOwnDraw(planned(space)); })) {
            choice.indices = listOf(axis, source, fmt::format("{} axis {}", parameter.name, at));
            return choice;
        }
        const auto known = m_lists.find(key);
        choice.indices = known != m_lists.end()
                             ? known->second
                             : m_lists.emplace(key, listOf(axis, source, {})).first->second;
        return choice;
    }

    static bool isOwnDraw(const SpacePlan& plan) {
        return plan.indices && isDrawnPerTensor(plan.selection);
    }

    /// The indices of a space on one segment of an axis: those of the space, or, without
    /// consistency, a draw of its own.
    Positions indicesOf(const SpacePlan& plan,
                        std::int64_t count,
                        const std::string& axisName,
                        std::size_t segment) const {
        if (isOwnDraw(plan)) {
            const auto seed = seedFor(plan.selection.seed.value_or(m_plan.options.seed),
                                      fmt::format("{} {} {}", axisName, segment, plan.student));
            auto drawn = findStrategy(plan.selection.strategy)
                             ->select(plan.teacherSize, plan.studentSize, plan.selection, seed, {});
            if (drawn)
                return std::move(*drawn);
        }
        if (plan.indices)
            return *plan.indices;
        Positions all(static_cast<std::size_t>(count));
        std::iota(all.begin(), all.end(), std::int64_t{0});
        return all;
    }

    /// Why a segment cannot follow the teacher's; empty when it can.
    std::string compare(const AxisSegment& segment, const AxisSegment& source) const {
        if (segment.spaces.size() != source.spaces.size())
            return "its axes are put together in another way than the teacher's";
        for (std::size_t i = 0; i < segment.spaces.size(); ++i) {
            const auto& space = ours(segment.spaces[i]);
            const auto& from = theirs(source.spaces[i]);
            const auto& plan = planned(segment.spaces[i]);
            const bool isSame = plan.teacherSpace == source.spaces[i] ||
                                (space.kind == SpaceKind::Fixed && from.kind == space.kind);
            if (!isSame)
                return fmt::format("it lies on {}, the teacher's on {}", space.name, from.name);
            if (space.kind == SpaceKind::Heads && plan.blended && segment.spaces.size() == 1 &&
                (plan.indices || space.size != from.size))
                return "the heads are blended, so none of the teacher's stands for one of them";
            if (space.size == from.size || plan.indices)
                continue;
            if (space.kind == SpaceKind::Tokens)
                return fmt::format("{} tokens, the teacher has {}", space.size, from.size);
            if (isSelectable(space.kind) && i > 0 && planned(segment.spaces[i - 1]).blended)
                continue; // the flat run of heads × head size stands for both
            if (isSelectable(space.kind) && i == 0 && plan.blended && segment.spaces.size() > 1)
                continue;
            if (space.kind == SpaceKind::Positions)
                return fmt::format("{} positions, the teacher has {}", space.size, from.size);
            if (space.kind == SpaceKind::Classes)
                return fmt::format("{} classes, the teacher has {}", space.size, from.size);
            return fmt::format("{} is {}, the teacher's is {}", space.name, space.size, from.size);
        }
        return {};
    }

    IndexList listOf(const AxisLayout& axis,
                     const AxisLayout& source,
                     const std::string& axisName) const {
        auto list = std::make_shared<Positions>();
        std::int64_t offset = 0;
        for (std::size_t i = 0; i < axis.segments.size(); ++i) {
            const auto& spaces = axis.segments[i].spaces;
            Positions positions{0};
            std::int64_t size = 1;
            for (std::size_t k = 0; k < spaces.size(); ++k) {
                const auto& plan = planned(spaces[k]);
                const bool isFlat = k == 0 && plan.blended && spaces.size() > 1;
                const auto from =
                    isFlat ? plan.teacherSize : theirs(source.segments[i].spaces[k]).size;
                const auto count = isFlat ? plan.studentSize : ours(spaces[k]).size;
                const auto indices = indicesOf(plan, count, axisName, i);
                Positions wider;
                wider.reserve(positions.size() * static_cast<std::size_t>(count));
                for (const auto outer : positions)
                    for (const auto index : indices)
                        wider.push_back(outer * from + index);
                positions = std::move(wider);
                size *= from;
                if (isFlat)
                    break;
            }
            for (const auto position : positions)
                list->push_back(offset + position);
            offset += size;
        }
        std::int64_t next = 0;
        const bool isIdentity =
            std::ranges::all_of(*list, [&](std::int64_t position) { return position == next++; });
        return isIdentity && next == offset ? nullptr : std::move(list);
    }

    SelectionPlan& m_plan;
    const ModelSpec& m_teacher;
    const ModelSpec& m_student;
    std::unordered_map<std::string_view, const Parameter*> m_byName;
    std::map<std::vector<int>, IndexList> m_lists; ///< axes made of the same spaces share one list
};

} // namespace

Status resolveParameters(SelectionPlan& plan) { return ParameterResolver(plan).resolve(); }

} // namespace heirloom
