// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/LayerPairs.h"

#include "core/analysis/ParameterView.h"
#include "core/selection/WeightRule.h"
#include "widgets/models/LayerOutline.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace heirloom {
namespace {

/// A rule that makes other values says more than which slices it was given.
bool makesAnew(const ParameterPlan& parameter) {
    const WeightRule* rule = findWeightRule(parameter.weights.rule);
    return rule != nullptr && rule->needs != WeightNeed::Slices;
}

/// Builds the rows; one object a plan.
class PairBuilder {
public:
    explicit PairBuilder(const SelectionPlan& plan) : m_plan(plan) {
        for (const ParameterPlan& parameter : plan.parameters) {
            m_parameters.emplace(parameter.student, &parameter);
            if (parameter.origin != Origin::Fresh)
                m_taken.insert(parameter.teacher);
        }
    }

    LayerPairs build() {
        m_pairs.roots = merge(layerOutline(*m_plan.teacher), layerOutline(*m_plan.student), -1);
        link();
        return std::move(m_pairs);
    }

private:
    /// Teacher entry that belongs beside a student entry, by position in `teacher`; -1: none.
    int partnerOf(const OutlineEntry& student, const std::vector<OutlineEntry>& teacher) const {
        const auto at = [&](auto&& matches) {
            const auto found = std::ranges::find_if(teacher, matches);
            return found == teacher.end() ? -1 : static_cast<int>(found - teacher.begin());
        };
        if (student.kind == PairKind::Layer) {
            const int wanted =
                m_plan.mapping.teacherLayer.empty()
                    ? -1
                    : m_plan.mapping.teacherLayer[static_cast<std::size_t>(student.layer)];
            return wanted < 0 ? -1 : at([wanted](const OutlineEntry& entry) {
                return entry.layer == wanted && entry.kind == PairKind::Layer;
            });
        }
        if (student.kind == PairKind::Module) {
            const ParameterPlan* source = m_parameters.at(student.parameters.front()->name);
            if (source->origin != Origin::Fresh) {
                const int found =
                    at([&](const OutlineEntry& entry) { return holds(entry, source->teacher); });
                if (found >= 0)
                    return found;
            }
        }
        return at([&](const OutlineEntry& entry) {
            return entry.kind == student.kind &&
                   (entry.kind == PairKind::Stack ? entry.path == student.path
                                                  : entry.label == student.label);
        });
    }

    static bool holds(const OutlineEntry& entry, std::string_view parameter) {
        return std::ranges::any_of(entry.parameters,
                                   [&](const Parameter* p) { return p->name == parameter; });
    }

    std::vector<int> merge(const std::vector<OutlineEntry>& teacher,
                           const std::vector<OutlineEntry>& student,
                           int parent) {
        std::vector<int> partners;
        std::ranges::transform(
            student, std::back_inserter(partners), [&](const OutlineEntry& entry) {
                return partnerOf(entry, teacher);
            });
        std::vector<bool> aligned(student.size(), false);
        for (const std::size_t i : longestRise(partners))
            aligned[i] = true;

        std::vector<int> rows;
        std::size_t next = 0;
        for (std::size_t i = 0; i < student.size(); ++i) {
            if (!aligned[i]) {
                rows.push_back(addNode(nullptr, &student[i], parent));
                continue;
            }
            for (; next < static_cast<std::size_t>(partners[i]); ++next)
                rows.push_back(addNode(&teacher[next], nullptr, parent));
            rows.push_back(addNode(&teacher[next++], &student[i], parent));
        }
        for (; next < teacher.size(); ++next)
            rows.push_back(addNode(&teacher[next], nullptr, parent));
        return rows;
    }

    int addNode(const OutlineEntry* teacher, const OutlineEntry* student, int parent) {
        const int index = static_cast<int>(m_pairs.nodes.size());
        m_pairs.nodes.emplace_back();
        PairNode node;
        node.kind = (student != nullptr ? student : teacher)->kind;
        node.parent = parent;
        node.depth = parent < 0 ? 0 : m_pairs.nodes[static_cast<std::size_t>(parent)].depth + 1;
        if (teacher != nullptr)
            node.teacher = sideOf(*teacher);
        if (student != nullptr) {
            node.student = sideOf(*student);
            describe(node);
        }
        m_pairs.nodes[static_cast<std::size_t>(index)] = node;

        static const std::vector<OutlineEntry> none;
        std::vector<int> children = merge(teacher != nullptr ? teacher->children : none,
                                          student != nullptr ? student->children : none,
                                          index);
        PairNode& stored = m_pairs.nodes[static_cast<std::size_t>(index)];
        stored.teacherTaken =
            std::ranges::any_of(stored.teacher.parameters,
                                [this](const std::string& name) { return m_taken.contains(name); });
        for (const int child : children)
            gather(stored, m_pairs.nodes[static_cast<std::size_t>(child)]);
        stored.children = std::move(children);
        finish(stored);
        return index;
    }

    static PairSide sideOf(const OutlineEntry& entry) {
        PairSide side{entry.label, entry.path, {}, {}, entry.elements, entry.layer};
        for (const Parameter* parameter : entry.parameters)
            side.parameters.push_back(parameter->name);
        if (!entry.parameters.empty())
            side.shape = shapeText(entry.parameters.front()->shape);
        return side;
    }

    void describe(PairNode& node) {
        for (const std::string& name : node.student.parameters) {
            const ParameterPlan& source = *m_parameters.at(name);
            if (source.origin == Origin::Fresh) {
                ++node.freshParameters;
                continue;
            }
            node.resampledParameters += source.origin == Origin::Resampled ? 1 : 0;
            node.inherited[strategyOf(m_plan, name)] +=
                elementCount(m_plan.student->find(name)->shape).value_or(0);
        }
    }

    static void gather(PairNode& node, const PairNode& child) {
        node.teacherTaken = node.teacherTaken || child.teacherTaken;
        node.freshParameters += child.freshParameters;
        node.resampledParameters += child.resampledParameters;
        for (const auto& [strategy, elements] : child.inherited)
            node.inherited[strategy] += elements;
        if (child.kind == PairKind::Layer && child.student.exists() && !child.inherited.empty())
            ++node.mappedLayers;
    }

    void finish(PairNode& node) {
        if (!node.student.exists())
            return;
        if (node.kind == PairKind::Stack) {
            const auto layers = std::ranges::count_if(node.children, [this](int child) {
                return m_pairs.nodes[static_cast<std::size_t>(child)].student.exists();
            });
            node.pill = std::to_string(node.mappedLayers) + " mapped";
            if (layers > node.mappedLayers)
                node.pill += ", " + std::to_string(layers - node.mappedLayers) + " fresh";
            return;
        }
        if (node.isFresh()) {
            node.pill = "fresh";
            return;
        }
        if (node.kind != PairKind::Module)
            return;
        m_pairs.largestModule = std::max(m_pairs.largestModule, node.inheritedElements());
        const std::string& weight = node.student.parameters.front();
        const int space = mainSpace(*m_plan.student, weight);
        const SpaceKind kind = space < 0
                                   ? SpaceKind::Fixed
                                   : m_plan.student->spaces[static_cast<std::size_t>(space)].kind;
        node.blended = kind == SpaceKind::Heads &&
                       static_cast<std::size_t>(space) < m_plan.spaces.size() &&
                       m_plan.spaces[static_cast<std::size_t>(space)].blended;
        if (node.resampledParameters > 0)
            node.pill = "resampled";
        else if (makesAnew(*m_parameters.at(weight)) ||
                 (kind != SpaceKind::Residual &&
                  kind != SpaceKind::Fixed)) // what follows the residual stream has no choice of
                                             // its own
            node.pill = strategyOf(m_plan, weight) + (node.blended ? " !" : "");
    }

    /// Sets `source` where partners could not stand on one row.
    void link() {
        std::unordered_map<std::string_view, int> byParameter;
        std::unordered_map<int, int> byLayer;
        for (std::size_t i = 0; i < m_pairs.nodes.size(); ++i) {
            for (const std::string& name : m_pairs.nodes[i].teacher.parameters)
                byParameter.emplace(name, static_cast<int>(i));
            if (m_pairs.nodes[i].kind == PairKind::Layer && m_pairs.nodes[i].teacher.exists())
                byLayer.emplace(m_pairs.nodes[i].teacher.layer, static_cast<int>(i));
        }
        for (PairNode& node : m_pairs.nodes) {
            if (!node.student.exists() || node.teacher.exists() || node.inherited.empty())
                continue;
            if (node.kind == PairKind::Layer && !m_plan.mapping.teacherLayer.empty()) {
                const auto found = byLayer.find(
                    m_plan.mapping.teacherLayer[static_cast<std::size_t>(node.student.layer)]);
                node.source = found == byLayer.end() ? -1 : found->second;
            } else if (node.kind == PairKind::Module) {
                const auto found =
                    byParameter.find(m_parameters.at(node.student.parameters.front())->teacher);
                node.source = found == byParameter.end() ? -1 : found->second;
            }
        }
    }

    const SelectionPlan& m_plan;
    std::unordered_map<std::string_view, const ParameterPlan*> m_parameters;
    std::unordered_set<std::string_view> m_taken;
    LayerPairs m_pairs;
};

} // namespace

std::int64_t PairNode::inheritedElements() const {
    std::int64_t sum = 0;
    for (const auto& [strategy, elements] : inherited)
        sum += elements;
    return sum;
}

std::string PairNode::key() const {
    return student.exists() ? "s:" + student.path : "t:" + teacher.path;
}

int LayerPairs::nodeOf(std::string_view studentParameter) const {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (std::ranges::find(nodes[i].student.parameters, studentParameter) !=
            nodes[i].student.parameters.end())
            return static_cast<int>(i);
    }
    return -1;
}

int LayerPairs::studentParameters() const {
    std::size_t sum = 0;
    for (const PairNode& node : nodes)
        sum += node.student.parameters.size();
    return static_cast<int>(sum);
}

LayerPairs layerPairs(const SelectionPlan& plan) { return PairBuilder(plan).build(); }

std::string strategyOf(const SelectionPlan& plan, std::string_view studentParameter) {
    if (plan.options.asPublished)
        return "published";
    const ParameterPlan* parameter = plan.find(studentParameter);
    if (parameter != nullptr && makesAnew(*parameter))
        return parameter->weights.rule;
    const int space = mainSpace(*plan.student, studentParameter);
    if (space < 0 || static_cast<std::size_t>(space) >= plan.spaces.size())
        return plan.options.element.strategy;
    const SpacePlan& planned = plan.spaces[static_cast<std::size_t>(space)];
    return planned.grows ? std::string(growthText(plan.options.growth))
                         : planned.selection.strategy;
}

std::vector<std::size_t> longestRise(const std::vector<int>& values) {
    std::vector<std::size_t>
        tails; // tails[k]: position of the smallest last value of a rise of k + 1 values
    std::vector<std::size_t> before(values.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] < 0)
            continue;
        const auto place = std::ranges::lower_bound(
            tails, values[i], {}, [&](std::size_t p) { return values[p]; });
        if (place != tails.begin())
            before[i] = *std::prev(place);
        if (place == tails.end())
            tails.push_back(i);
        else
            *place = i;
    }
    std::vector<std::size_t> rise;
    for (std::size_t i = tails.empty() ? values.size() : tails.back(); i < values.size();
         i = before[i])
        rise.push_back(i);
    std::ranges::reverse(rise);
    return rise;
}

} // namespace heirloom
