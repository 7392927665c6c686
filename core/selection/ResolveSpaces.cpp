// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/HeadFit.h"
#include "core/selection/PlanParts.h"
#include "core/selection/SpaceScores.h"
#include "core/selection/Strategy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace heirloom {
namespace {

class SpaceResolver {
public:
    SpaceResolver(SelectionPlan& plan, const Checkpoint* weights)
        : m_plan(plan), m_teacher(*plan.teacher), m_student(*plan.student) {
        if (weights)
            m_scorer.emplace(*weights, m_teacher);
        for (std::size_t i = 0; i < m_teacher.spaces.size(); ++i)
            m_byName.emplace(m_teacher.spaces[i].name, static_cast<int>(i));
    }

    Status resolve() {
        if (auto known = checkPatterns(m_plan.options, m_student); !known)
            return known;
        match();
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
                if (found != m_byName.end() && theirs(found->second).kind == space.kind) {
                    made.teacherSpace = found->second;
                    made.teacherSize = theirs(found->second).size;
                }
            }
            m_plan.spaces.push_back(std::move(made));
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
            const bool isOfHeads =
                kind == SpaceKind::Heads || kind == SpaceKind::HeadDim; // weighed together, below
            if (plan.teacherSpace >= 0 && isSelectable(kind) && !isOfHeads &&
                plan.studentSize > plan.teacherSize)
                return std::unexpected(
                    widerError(plan.student, plan.studentSize, plan.teacherSize));
        }
        return {};
    }

    Status resolveHeads(int heads, const HeadInside& inside) {
        auto& plan = planned(heads);
        if (plan.teacherSpace < 0)
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
        m_blendedInside.insert(inside.begin(), inside.end());
        return {};
    }

    Status resolveSpace(int index) {
        auto& plan = planned(index);
        if (plan.teacherSpace < 0 || !isSelectable(ours(index).kind) ||
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
        auto indices = choose(*strategy, plan);
        if (!indices)
            return std::unexpected(indices.error());
        plan.repeats = hasRepeats(*indices);
        if (plan.studentSize < plan.teacherSize)
            plan.indices = std::make_shared<const std::vector<std::int64_t>>(std::move(*indices));
        return {};
    }

    Result<std::vector<std::int64_t>> choose(const Strategy& strategy, const SpacePlan& plan) {
        std::vector<double> scores;
        if (strategy.need == StrategyNeed::Scores) {
            auto found = scoresOf(strategy, plan);
            if (!found)
                return std::unexpected(found.error());
            scores = std::move(*found);
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
        if (!m_scorer)
            return std::unexpected(Error{
                plan.student,
                fmt::format("{} looks at the teacher's weights, and there are none", strategy.name),
                "Open the teacher from a checkpoint, or choose another strategy"});
        const int norm = plan.selection.norm;
        if (norm != 1 && norm != 2)
            return fail(plan.student, "expected norm 1 or 2, found {}", norm);
        return plan.blended ? m_scorer->flatScores(plan.teacherSpace, norm)
                            : m_scorer->scores(plan.teacherSpace, norm);
    }

    SelectionPlan& m_plan;
    const ModelSpec& m_teacher;
    const ModelSpec& m_student;
    std::map<std::string_view, int> m_byName;
    std::optional<SpaceScorer> m_scorer;
    using SpaceNote = std::pair<std::string, std::vector<std::string>>; ///< text, spaces
    std::vector<SpaceNote> m_notes;
    std::set<int> m_blendedInside; ///< spaces inside blended heads: the flat run stands for them
};

} // namespace

Status resolveSpaces(SelectionPlan& plan, const Checkpoint* weights) {
    return SpaceResolver(plan, weights).resolve();
}

} // namespace heirloom
