// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/HeadFit.h"
#include "core/selection/MatrixRole.h"
#include "core/selection/PlanParts.h"
#include "core/selection/SpaceScores.h"
#include "core/selection/Strategy.h"
#include "core/selection/growth/Growth.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace heirloom {
namespace {

class SpaceResolver {
public:
    SpaceResolver(SelectionPlan& plan, const Checkpoint* weights, ScoreSource* scores)
        : m_plan(plan), m_teacher(*plan.teacher), m_student(*plan.student), m_given(scores) {
        if (weights)
            m_weights.emplace(*weights, m_teacher);
        for (std::size_t i = 0; i < m_teacher.spaces.size(); ++i)
            m_byName.emplace(m_teacher.spaces[i].name, static_cast<int>(i));
    }

    Status resolve() {
        if (auto known = checkPatterns(m_plan.options, m_student); !known)
            return known;
        match();
        if (auto grown = growSpaces(m_plan); !grown)
            return grown;
        if (auto fits = checkWidths(); !fits)
            return fits;
        // Heads first: they decide whether the spaces inside them are read at all.
        for (const auto& [heads, inside] : insideHeads(m_student))
            if (auto done = resolveHeads(heads, inside); !done)
                return done;
        for (std::size_t i = 0; i < m_plan.spaces.size(); ++i)
            if (auto done = resolveSpace(static_cast<int>(i)); !done)
                return done;
        for (const auto& space : m_plan.spaces)
            if (space.repeats)
                addNote(fmt::format("{} of {} indices lie so close that one comes twice",
                                    space.studentSize,
                                    space.teacherSize),
                        space.student);
        for (const auto& [text, spaces] : m_notes)
            m_plan.notes.push_back(spaces.size() == 1 ? fmt::format("{}: {}", spaces[0], text)
                                                      : fmt::format("{} to {} ({} spaces): {}",
                                                                    spaces.front(),
                                                                    spaces.back(),
                                                                    spaces.size(),
                                                                    text));
        return {};
    }

private:
    const IndexSpace& ours(int space) const {
        return m_student.spaces[static_cast<std::size_t>(space)];
    }
    const IndexSpace& theirs(int space) const {
        return m_teacher.spaces[static_cast<std::size_t>(space)];
    }
    SpacePlan& planned(int space) { return m_plan.spaces[static_cast<std::size_t>(space)]; }

    void match() {
        for (const auto& space : m_student.spaces) {
            SpacePlan made{.student = space.name, .studentSize = space.size};
            if (isSelectable(space.kind))
                made.selection = m_plan.options.elementFor(space.name);
            if (const auto name = teacherName(m_plan, space.name, space.layer)) {
                const auto found = m_byName.find(*name);
                if (found != m_byName.end() && theirs(found->second).kind == space.kind)
                    follow(made, found->second);
            }
            m_plan.spaces.push_back(std::move(made));
        }
        matchStems();
    }

    void follow(SpacePlan& plan, int space) const {
        plan.teacherSpace = space;
        plan.teacherSize = theirs(space).size;
    }

    static bool isOfStream(SpaceKind kind) {
        return kind == SpaceKind::Residual || kind == SpaceKind::Channels;
    }

    /// Where a teacher's stem writes straight to its first stream, the two are one space there: a
    /// stem of the student's own follows that stream.
    void matchStems() {
        for (const auto& parameter : m_student.parameters) {
            const auto* source = parameter.layer < 0 ? m_teacher.find(parameter.name) : nullptr;
            for (std::size_t axis = 0; source && axis < parameter.axes.size(); ++axis) {
                if (axis >= source->axes.size())
                    break;
                const int from = onlySpace(source->axes[axis]);
                const int space = onlySpace(parameter.axes[axis]);
                if (space >= 0 && from >= 0 && planned(space).teacherSpace < 0 &&
                    ours(space).layer < 0 && isOfStream(ours(space).kind) &&
                    isOfStream(theirs(from).kind))
                    follow(planned(space), from);
            }
        }
    }

    /// What is said of many blocks at once becomes one note.
    void addNote(std::string text, const std::string& space) {
        auto found = std::ranges::find(m_notes, text, &SpaceNote::first);
        if (found == m_notes.end())
            found = m_notes.insert(m_notes.end(), {std::move(text), {}});
        found->second.push_back(space);
    }

    /// In the student's order, so that a narrower teacher is named by its residual stream before
    /// anything that follows from it.
    Status checkWidths() const {
        for (std::size_t i = 0; i < m_plan.spaces.size(); ++i) {
            const auto kind = m_student.spaces[i].kind;
            const auto& plan = m_plan.spaces[i];
            const bool isOfHeads = kind == SpaceKind::Heads || kind == SpaceKind::HeadDim ||
                                   kind == SpaceKind::Group ||
                                   kind == SpaceKind::Rotary; // weighed together, below
            if (plan.teacherSpace >= 0 && isSelectable(kind) && !isOfHeads && !plan.grows &&
                plan.studentSize > plan.teacherSize)
                return std::unexpected(
                    widerError(plan.student, plan.studentSize, plan.teacherSize));
        }
        return {};
    }

    Status resolveHeads(int heads, const HeadInside& inside) {
        auto& plan = planned(heads);
        const bool grows = plan.grows || std::ranges::any_of(inside.spaces, [&](int index) {
                               return planned(index).grows;
                           });
        if (plan.teacherSpace < 0 || grows)
            return {};
        const auto fit = fitHeads(m_plan, heads, inside);
        if (!fit)
            return std::unexpected(fit.error());
        if (!fit->note.empty())
            addNote(fit->note, plan.student);
        if (fit->isWhole)
            return {};
        plan.blended = true;
        plan.studentSize = fit->studentWidth;
        plan.teacherSize = fit->teacherWidth;
        m_blendedInside.insert(inside.spaces.begin(), inside.spaces.end());
        return {};
    }

    Status resolveSpace(int index) {
        auto& plan = planned(index);
        if (ours(index).kind == SpaceKind::Positions) {
            keepFirst(plan);
            return {};
        }
        if (plan.teacherSpace < 0 || !isSelectable(ours(index).kind) || plan.grows ||
            m_blendedInside.contains(index))
            return {};
        if (plan.studentSize > plan.teacherSize)
            return std::unexpected(widerError(plan.student, plan.studentSize, plan.teacherSize));
        const auto* strategy = findStrategy(plan.selection.strategy);
        if (!strategy)
            return fail(plan.student, "there is no strategy \"{}\"", plan.selection.strategy);
        const bool isIdentity =
            plan.studentSize == plan.teacherSize && strategy->need != StrategyNeed::Indices;
        if (isIdentity || plan.studentSize == 0)
            return {};
        auto indices = choose(*strategy, plan, ours(index).kind);
        if (!indices)
            return std::unexpected(indices.error());
        plan.repeats = hasRepeats(*indices);
        if (plan.studentSize < plan.teacherSize)
            plan.indices = std::make_shared<const std::vector<std::int64_t>>(std::move(*indices));
        if (plan.indices && isDrawnPerTensor(plan.selection))
            addNote("drawn anew for each tensor, so axes that belong together take different "
                    "indices",
                    plan.student);
        return {};
    }

    /// Rows of a position table: a shorter text only ever sees the first ones. A longer table than
    /// the teacher's has nothing to be made from.
    void keepFirst(SpacePlan& plan) {
        if (plan.teacherSpace < 0 || plan.studentSize >= plan.teacherSize)
            return;
        std::vector<std::int64_t> rows(static_cast<std::size_t>(plan.studentSize));
        std::iota(rows.begin(), rows.end(), std::int64_t{0});
        plan.indices = std::make_shared<const std::vector<std::int64_t>>(std::move(rows));
        addNote(fmt::format(
                    "the first {} of {} positions are kept", plan.studentSize, plan.teacherSize),
                plan.student);
    }

    Result<std::vector<std::int64_t>> choose(const Strategy& strategy,
                                             const SpacePlan& plan,
                                             SpaceKind kind) {
        if (kind == SpaceKind::Rotary && strategy.need != StrategyNeed::Indices) {
            addNote("rotary pairs are taken at matching frequencies, whatever the strategy",
                    plan.student);
            return matchedFrequencies(plan.teacherSize, plan.studentSize);
        }
        std::vector<double> scores;
        if (strategy.need == StrategyNeed::Scores) {
            auto found = scoresOf(strategy, plan);
            if (!found)
                return std::unexpected(found.error());
            scores = std::move(*found);
            if (scores.empty()) {
                addNote(fmt::format("{} has nothing to go by here, so the uniform rule is used",
                                    strategy.name),
                        plan.student);
                return uniformIndices(plan.teacherSize, plan.studentSize);
            }
        }
        const auto seed = seedFor(plan.selection.seed.value_or(m_plan.options.seed), plan.student);
        auto indices =
            strategy.select(plan.teacherSize, plan.studentSize, plan.selection, seed, scores);
        if (!indices)
            return std::unexpected(
                Error{plan.student, indices.error().text, indices.error().advice});
        return indices;
    }

    Result<std::vector<double>> scoresOf(const Strategy& strategy, const SpacePlan& plan) {
        const ScoreRequest request{.strategy = strategy.name,
                                   .space = plan.teacherSpace,
                                   .isFlat = plan.blended,
                                   .selection = plan.selection};
        if (m_given && m_given->has(strategy.name))
            return m_given->scores(request);
        if (!strategy.score)
            return std::unexpected(
                Error{plan.student,
                      fmt::format("{} needs scores that were measured on data, and there are none",
                                  strategy.name),
                      "Measure them on calibration data first, or choose another strategy"});
        if (!m_weights)
            return std::unexpected(Error{
                plan.student,
                fmt::format("{} looks at the teacher's weights, and there are none", strategy.name),
                "Open the teacher from a checkpoint, or choose another strategy"});
        return m_weights->scores(request);
    }

    SelectionPlan& m_plan;
    const ModelSpec& m_teacher;
    const ModelSpec& m_student;
    std::map<std::string_view, int> m_byName;
    ScoreSource* m_given; ///< asked first; may be null
    std::optional<WeightScores> m_weights;
    using SpaceNote = std::pair<std::string, std::vector<std::string>>; ///< text, spaces
    std::vector<SpaceNote> m_notes;
    std::set<int> m_blendedInside; ///< spaces inside blended heads: the flat run stands for them
};

} // namespace

Status resolveSpaces(SelectionPlan& plan, const Checkpoint* weights, ScoreSource* scores) {
    return SpaceResolver(plan, weights, scores).resolve();
}

} // namespace heirloom
