// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/MatrixRole.h"
#include "core/selection/growth/Growth.h"
#include "core/selection/weights/WeightRules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace heirloom {
namespace {

class ParameterGrower {
public:
    explicit ParameterGrower(SelectionPlan& plan)
        : m_plan(plan), m_teacher(*plan.teacher), m_student(*plan.student) {}

    Status grow() {
        for (std::size_t layer = 0; layer < m_student.layers.size(); ++layer)
            if (m_plan.options.growth == Growth::Net2Net && m_plan.mapping.teacherLayer[layer] < 0)
                if (auto done = makeIdentity(static_cast<int>(layer)); !done)
                    return done;
        const bool isWider = std::ranges::any_of(m_plan.spaces, &SpacePlan::grows);
        if (m_plan.options.growth == Growth::Net2Net && (isWider || m_identities > 0))
            if (auto fine = checkShortcuts(); !fine)
                return fine;
        if (isWider) {
            findTied();
            for (std::size_t i = 0; i < m_plan.parameters.size(); ++i)
                if (m_plan.parameters[i].origin != Origin::Fresh)
                    divide(m_student.parameters[i], m_plan.parameters[i]);
        }
        addNote();
        return {};
    }

private:
    const SpacePlan& planned(int space) const {
        return m_plan.spaces[static_cast<std::size_t>(space)];
    }

    /// Nothing can stand for a projection of the teacher's where the student's shortcut is the
    /// identity.
    Status checkShortcuts() const {
        for (std::size_t i = 0; i < m_student.layers.size(); ++i) {
            const int from = m_plan.mapping.teacherLayer[i];
            if (from < 0)
                continue;
            const auto& ours = m_student.layers[i].prefix;
            const auto& theirs = m_teacher.layers[static_cast<std::size_t>(from)].prefix;
            for (const auto& parameter : m_teacher.parameters)
                if (parameter.layer == from && isProjection(parameter) &&
                    !m_student.find(ours + parameter.name.substr(theirs.size())))
                    return std::unexpected(Error{
                        ours,
                        fmt::format("the teacher's {} changes the stream by {}, and the student's "
                                    "shortcut there is the identity, so the function cannot be "
                                    "kept",
                                    theirs,
                                    parameter.name),
                        fmt::format("Choose widths with which {} has a projection too (in a first "
                                    "stage: a stem of another width than the stage's), or grow "
                                    "with --growth stack",
                                    ours)});
        }
        return {};
    }

    Status makeIdentity(int layer) {
        const auto& prefix = m_student.layers[static_cast<std::size_t>(layer)].prefix;
        if (m_student.family.find("bert") != std::string::npos ||
            m_student.hyper.flag("post_norm"))
            return std::unexpected(
                Error{prefix,
                      fmt::format("{} normalises after each addition, so no block of it is an "
                                  "identity and Net2Net cannot make it deeper",
                                  m_student.family),
                      "Use --growth stack, or a student as deep as the teacher"});
        const auto zeros = identityZeros(m_student, layer);
        if (zeros.empty())
            return std::unexpected(
                Error{prefix,
                      "this block changes its input's shape, or has no last layer that could be "
                      "zero, so it cannot be put in as an identity",
                      "Use --growth stack, or a student as deep as the teacher"});
        for (std::size_t i = 0; i < m_student.parameters.size(); ++i)
            if (m_student.parameters[i].layer == layer &&
                m_plan.parameters[i].origin == Origin::Fresh)
                m_plan.parameters[i].reason =
                    fmt::format("{} is put in as an identity block", prefix);
        for (const auto index : zeros) {
            m_plan.parameters[index].constant = 0.0F;
            m_plan.parameters[index].reason += ", which this makes it by being zero";
        }
        ++m_identities;
        return {};
    }

    /// Where the classifier is the embedding itself, it cannot be divided: the norm before it is.
    void findTied() {
        for (const auto& [name, kept] : m_student.tied)
            m_tied.insert({name, kept});
        if (m_tied.empty())
            return;
        for (const auto& parameter : m_student.parameters)
            if (parameter.layer < 0 && isNormGain(parameter) &&
                parameter.name.find("embed") == std::string::npos)
                m_lastNorm = parameter.name.substr(0, parameter.name.size() - 6);
    }

    void divide(const Parameter& parameter, ParameterPlan& plan) const {
        std::vector<FactorList> factors(parameter.axes.size());
        const auto role = matrixRole(m_student, parameter);
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis) {
            const bool isRead = (role && axis == role->in && !m_tied.contains(parameter.name)) ||
                                (!m_lastNorm.empty() && parameter.name.starts_with(m_lastNorm));
            const bool isOut = role ? axis == role->out : parameter.axes.size() == 1;
            factors[axis] = factorsOf(parameter, parameter.axes[axis], isRead, isOut);
        }
        if (std::ranges::all_of(factors, [](const auto& list) { return list == nullptr; }))
            return;
        plan.factors = std::move(factors);
        plan.reason += fmt::format("{}divided where repeated indices are read",
                                   plan.reason.empty() ? "" : "; ");
    }

    /// Null when nothing on the axis is multiplied.
    FactorList factorsOf(const Parameter& parameter,
                         const AxisLayout& axis,
                         bool isRead,
                         bool isOut) const {
        auto list = std::make_shared<std::vector<float>>();
        bool isPlain = true;
        for (std::size_t i = 0; i < axis.segments.size(); ++i) {
            const auto& segment = axis.segments[i];
            const bool isQuery = isOut && isQueryPart(parameter, axis, i);
            std::vector<double> products{1.0};
            for (const int space : segment.spaces) {
                const auto& plan = planned(space);
                const bool isHeadDim =
                    m_student.spaces[static_cast<std::size_t>(space)].kind == SpaceKind::HeadDim;
                auto each =
                    std::vector<double>(static_cast<std::size_t>(
                                            m_student.spaces[static_cast<std::size_t>(space)].size),
                                        1.0);
                if (plan.grows && (isRead || (isQuery && isHeadDim))) {
                    isPlain = false;
                    // Repeated q and k count a product of theirs as often, and attention divides
                    // by the square root of the larger head.
                    const double widened = isRead
                                               ? 1.0
                                               : std::sqrt(static_cast<double>(plan.studentSize) /
                                                           static_cast<double>(plan.teacherSize));
                    const auto counts = countsOf(plan);
                    for (std::size_t k = 0; k < each.size(); ++k)
                        each[k] = widened / counts[static_cast<std::size_t>((*plan.indices)[k])];
                }
                std::vector<double> wider;
                for (const double outer : products)
                    for (const double inner : each)
                        wider.push_back(outer * inner);
                products = std::move(wider);
            }
            for (const double product : products)
                list->push_back(static_cast<float>(product));
        }
        if (isPlain)
            return nullptr;
        return list;
    }

    static std::vector<double> countsOf(const SpacePlan& plan) {
        std::vector<double> counts(static_cast<std::size_t>(plan.teacherSize), 0.0);
        for (const auto index : *plan.indices)
            ++counts[static_cast<std::size_t>(index)];
        return counts;
    }

    /// The q of a fused [q | k | v], or a query layer of its own.
    static bool isQueryPart(const Parameter& parameter,
                            const AxisLayout& axis,
                            std::size_t segment) {
        if (axis.segments.size() > 1)
            return segment == 0 && axis.segments[0].spaces == axis.segments[1].spaces;
        if (parameter.roleParts == 3)
            return parameter.rolePart == 0;
        const auto has = [&](std::string_view word) {
            return parameter.name.find(word) != std::string::npos;
        };
        return has("q_proj") || has("query") || has("q_lin");
    }

    void addNote() {
        int wider = 0;
        std::string lost;
        for (const auto& space : m_plan.spaces) {
            wider += space.grows;
            if (lost.empty() && space.teacherSpace >= 0 && space.studentSize < space.teacherSize)
                lost = fmt::format("{} is narrower", space.student);
        }
        if (lost.empty())
            lost = leftOut();
        if (lost.empty())
            lost = changingRule();
        const bool isStacked = m_plan.options.growth == Growth::Stack && isDeeper();
        for (std::size_t i = 0; i < m_plan.parameters.size() && lost.empty(); ++i) {
            const auto& plan = m_plan.parameters[i];
            const auto& parameter = m_student.parameters[i];
            const bool isOfIdentity =
                parameter.layer >= 0 &&
                m_plan.mapping.teacherLayer[static_cast<std::size_t>(parameter.layer)] < 0;
            const bool isNeutral =
                plan.constant || plan.isIdentity || !isFloatingPoint(parameter.dtype);
            if (plan.origin != Origin::Inherited && !isOfIdentity && !isNeutral)
                lost = fmt::format(
                    "{} is {}", plan.student, plan.origin == Origin::Fresh ? "fresh" : "resampled");
        }
        if (wider == 0 && m_identities == 0 && !isStacked)
            return;
        std::vector<std::string> done;
        if (wider > 0)
            done.push_back(fmt::format("{} index spaces are wider than the teacher's", wider));
        if (m_identities > 0)
            done.push_back(fmt::format("{} identity blocks are put in", m_identities));
        if (isStacked)
            done.emplace_back("layers are repeated");
        auto text = fmt::format("Grown: {}; ", fmt::join(done, ", "));
        if (isStacked)
            text += "the function is not kept";
        else if (lost.empty())
            text += "the student computes what the teacher does, up to rounding";
        else
            text += fmt::format("the function is not kept, for {}", lost);
        m_plan.notes.push_back(std::move(text));
    }

    /// A chosen weight rule that changes the slices, in words; empty: none.
    std::string changingRule() const {
        const auto& options = m_plan.options;
        if (options.weights.rule != copyRule.name)
            return fmt::format("the weight rule {} changes the weights", options.weights.rule);
        for (const auto& [pattern, selection] : options.parameters)
            if (selection.rule != copyRule.name)
                return fmt::format("the weight rule {} changes {}", selection.rule, pattern);
        return {};
    }

    /// What of the teacher has no place in the student; empty: nothing.
    std::string leftOut() const {
        std::vector<int> feeds(m_teacher.layers.size(), -1); // by teacher layer: a student's
        for (std::size_t i = 0; i < m_student.layers.size(); ++i)
            if (const int from = m_plan.mapping.teacherLayer[i]; from >= 0)
                feeds[static_cast<std::size_t>(from)] = static_cast<int>(i);
        std::set<std::string_view> names;
        for (const auto& parameter : m_student.parameters)
            names.insert(parameter.name);
        for (const auto& parameter : m_teacher.parameters) {
            std::string name = parameter.name;
            if (parameter.layer >= 0) {
                const auto at = static_cast<std::size_t>(parameter.layer);
                const auto& theirs = m_teacher.layers[at].prefix;
                if (feeds[at] < 0)
                    return fmt::format("the teacher's {} is left out", theirs);
                if (name.starts_with(theirs + "."))
                    name = m_student.layers[static_cast<std::size_t>(feeds[at])].prefix +
                           name.substr(theirs.size());
            }
            if (!names.contains(name))
                return fmt::format("the teacher's {} has no place in it", parameter.name);
        }
        return {};
    }

    bool isDeeper() const {
        return std::ranges::any_of(m_student.stacks(), [&](const auto& stack) {
            return m_student.layersOf(stack).size() > m_teacher.layersOf(stack).size();
        });
    }

    SelectionPlan& m_plan;
    const ModelSpec& m_teacher;
    const ModelSpec& m_student;
    std::map<std::string, std::string> m_tied; ///< left-out name -> the tensor that it is
    std::string m_lastNorm;                    ///< "model.norm." before a tied classifier
    int m_identities = 0;
};

} // namespace

Status growParameters(SelectionPlan& plan) {
    return plan.options.growth == Growth::None ? Status{} : ParameterGrower(plan).grow();
}

} // namespace heirloom
