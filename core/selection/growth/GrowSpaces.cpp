// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/HeadFit.h"
#include "core/selection/MatrixRole.h"
#include "core/selection/growth/Growth.h"

#include <algorithm>
#include <set>

namespace heirloom {
namespace {

class SpaceGrower {
public:
    explicit SpaceGrower(SelectionPlan& plan)
        : m_plan(plan), m_student(*plan.student), m_isShifted(m_student.family == "cifar_resnet") {}

    Status grow() {
        findNorms();
        std::set<int> fitting; // inside heads whose flat run is no wider than the teacher's
        for (const auto& [heads, inside] : insideHeads(m_student))
            if (inside.isFlat && isFlatRunEnough(heads, inside)) {
                fitting.insert(heads);
                fitting.insert(inside.spaces.begin(), inside.spaces.end());
            }
        for (std::size_t i = 0; i < m_plan.spaces.size(); ++i) {
            const auto kind = m_student.spaces[i].kind;
            auto& space = m_plan.spaces[i];
            if (space.teacherSpace < 0 || !isSelectable(kind) || space.teacherSize < 1 ||
                space.studentSize <= space.teacherSize || fitting.contains(static_cast<int>(i)))
                continue;
            if (auto fine = check(static_cast<int>(i), kind); !fine)
                return fine;
            space.grows = true;
            space.selection = {}; // no strategy chooses here
            space.indices = indicesOf(space, kind);
        }
        return {};
    }

private:
    bool isFlatRunEnough(int heads, const HeadInside& inside) const {
        const auto& space = m_plan.spaces[static_cast<std::size_t>(heads)];
        return std::ranges::all_of(inside.spaces, [&](int index) {
            const auto& dim = m_plan.spaces[static_cast<std::size_t>(index)];
            return space.studentSize * dim.studentSize <= space.teacherSize * dim.teacherSize;
        });
    }

    /// Norms over a space, batch norms left out: those work on each index alone.
    void findNorms() {
        m_norms.resize(m_plan.spaces.size());
        for (const auto& parameter : m_student.parameters) {
            if (!isNormGain(parameter))
                continue;
            const auto stem = parameter.name.substr(0, parameter.name.rfind('.'));
            if (m_student.find(stem + ".running_mean"))
                continue;
            for (const auto& segment : parameter.axes[0].segments)
                for (const int space : segment.spaces)
                    if (auto& norm = m_norms[static_cast<std::size_t>(space)]; norm.empty())
                        norm = stem;
        }
    }

    Status check(int index, SpaceKind kind) const {
        const auto& space = m_plan.spaces[static_cast<std::size_t>(index)];
        const auto& norm = m_norms[static_cast<std::size_t>(index)];
        const auto from = space.teacherSize;
        const auto sizes =
            fmt::format("the student needs {} and the teacher has {}", space.studentSize, from);
        if (kind == SpaceKind::Rotary)
            return std::unexpected(
                Error{space.student,
                      sizes + "; a rotary pair turns by an angle that depends on the head size, so "
                              "repeated pairs would turn wrongly",
                      "Keep the head size and give the student more heads"});
        if (kind == SpaceKind::HeadDim && !norm.empty())
            return std::unexpected(Error{
                space.student,
                fmt::format(
                    "{}; {} normalises over the head, which then has another size", sizes, norm),
                "Keep the head size and give the student more heads"});
        const bool needsWhole = !norm.empty() || (m_isShifted && kind == SpaceKind::Residual);
        if (needsWhole && space.studentSize % from != 0)
            return std::unexpected(Error{
                space.student,
                fmt::format("{}; {} keeps its function only when each of the {} comes equally "
                            "often",
                            sizes,
                            norm.empty() ? "the shortcut without parameters" : norm,
                            from),
                fmt::format("Choose {}, {} or another multiple of {}", 2 * from, 3 * from, from)});
        if (m_isShifted && kind == SpaceKind::Residual)
            return checkShift(space);
        return {};
    }

    /// The shortcut without parameters puts one stage's channels into the middle of the next: all
    /// stages must grow by one factor.
    Status checkShift(const SpacePlan& space) const {
        for (std::size_t i = 0; i < m_plan.spaces.size(); ++i) {
            const auto& other = m_plan.spaces[i];
            if (m_student.spaces[i].kind == SpaceKind::Residual && other.teacherSpace >= 0 &&
                other.studentSize * space.teacherSize != space.studentSize * other.teacherSize)
                return std::unexpected(
                    Error{other.student,
                          fmt::format("it grows from {} to {}, {} from {} to {}, and shortcuts "
                                      "without parameters need one factor for all stages",
                                      other.teacherSize,
                                      other.studentSize,
                                      space.student,
                                      space.teacherSize,
                                      space.studentSize),
                          "Give every stage the same multiple of the teacher's width"});
        }
        return {};
    }

    IndexList indicesOf(const SpacePlan& space, SpaceKind kind) const {
        std::vector<std::int64_t> indices(static_cast<std::size_t>(space.studentSize));
        const auto factor = space.studentSize / space.teacherSize;
        const bool isShifted = m_isShifted && kind == SpaceKind::Residual;
        for (std::int64_t i = 0; i < space.studentSize; ++i)
            indices[static_cast<std::size_t>(i)] = isShifted ? i / factor : i % space.teacherSize;
        return std::make_shared<const std::vector<std::int64_t>>(std::move(indices));
    }

    SelectionPlan& m_plan;
    const ModelSpec& m_student;
    bool m_isShifted; ///< shortcuts without parameters tie the stages' channels by position
    std::vector<std::string> m_norms; ///< by space: a norm over it, or nothing
};

} // namespace

Status growSpaces(SelectionPlan& plan) {
    return plan.options.growth == Growth::None ? Status{} : SpaceGrower(plan).grow();
}

} // namespace heirloom
