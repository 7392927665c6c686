// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ParameterPairs.h"

#include <algorithm>
#include <string_view>

namespace heirloom {
namespace {

const std::string& wholeRole(const Parameter& parameter) {
    return parameter.role.empty() ? parameter.name : parameter.role;
}

/// Length of the longest prefix "....<position>." that all roles of a layer share; 0 when there is
/// none.
std::size_t layerPrefix(const std::vector<const Parameter*>& parameters, int position) {
    if (parameters.empty())
        return 0;
    const std::string number = std::to_string(position) + ".";
    const std::string& first = wholeRole(*parameters.front());
    std::size_t longest = 0;
    for (std::size_t at = first.find(number); at != std::string::npos;
         at = first.find(number, at + 1)) {
        const std::string_view prefix = std::string_view(first).substr(0, at + number.size());
        if ((at == 0 || first[at - 1] == '.') &&
            std::ranges::all_of(parameters, [prefix](const Parameter* parameter) {
                return wholeRole(*parameter).starts_with(prefix);
            }))
            longest = prefix.size();
    }
    return longest;
}

/// A shape's stretch along its first axis; empty when it cannot be cut so.
std::optional<Shape> shapeOf(const ParameterPart& part, Shape shape) {
    if (part.parts == 1)
        return shape;
    if (shape.empty() || shape[0] % part.parts != 0)
        return std::nullopt;
    shape[0] /= part.parts;
    return shape;
}

} // namespace

Roles::Roles(const ModelSpec& spec) : m_spec(&spec), m_stacks(spec.layers.size()) {
    std::vector<std::vector<const Parameter*>> ofLayer(spec.layers.size());
    for (const Parameter& parameter : spec.parameters)
        if (parameter.layer >= 0)
            ofLayer[static_cast<std::size_t>(parameter.layer)].push_back(&parameter);
    std::vector<std::size_t> prefixes(spec.layers.size(), 0);
    for (std::size_t layer = 0; layer < ofLayer.size(); ++layer) {
        const std::string number = std::to_string(spec.layers[layer].position) + ".";
        prefixes[layer] = layerPrefix(ofLayer[layer], spec.layers[layer].position);
        m_stacks[layer] = spec.layers[layer].stack;
        if (prefixes[layer] > number.size())
            m_stacks[layer] =
                wholeRole(*ofLayer[layer].front()).substr(0, prefixes[layer] - number.size() - 1);
    }
    for (const Parameter& parameter : spec.parameters) {
        const std::string& whole = wholeRole(parameter);
        const std::size_t skip =
            parameter.layer < 0 ? 0 : prefixes[static_cast<std::size_t>(parameter.layer)];
        const std::string role = whole.substr(skip);
        m_roles[&parameter] = role;
        m_byRole[{parameter.layer, role}].push_back(&parameter);
    }
}

const std::string& Roles::roleOf(const Parameter& parameter) const {
    return m_roles.at(&parameter);
}

std::vector<ParameterPart> Roles::find(int layer, const std::string& role) const {
    const auto found = m_byRole.find({layer, role});
    std::vector<ParameterPart> parts;
    if (found != m_byRole.end())
        for (const Parameter* parameter : found->second)
            parts.push_back({parameter, parameter->rolePart, parameter->roleParts});
    std::ranges::sort(parts, {}, &ParameterPart::part);
    return parts;
}

std::vector<ParameterPair> pairsOf(const Roles& studentRoles,
                                   const Parameter& student,
                                   const Roles& teacherRoles,
                                   int teacherLayer) {
    std::vector<ParameterPair> pairs;
    const auto parts = teacherRoles.find(teacherLayer, studentRoles.roleOf(student));
    for (const ParameterPart& teacher : parts) {
        if (student.roleParts == teacher.parts) {
            if (student.rolePart == teacher.part)
                pairs.push_back({{&student}, {teacher.parameter}});
        } else if (student.roleParts == 1) {
            pairs.push_back({{&student, teacher.part, teacher.parts}, {teacher.parameter}});
        } else if (teacher.parts == 1) {
            pairs.push_back({{&student}, {teacher.parameter, student.rolePart, student.roleParts}});
        }
    }
    return pairs;
}

std::optional<PairRows> rowsOf(const ParameterPair& pair,
                               const Checkpoint& teacher,
                               const Checkpoint& student,
                               const ModelSpec& studentSpec) {
    const TensorInfo* from = teacher.find(pair.teacher.parameter->name);
    const TensorInfo* to = student.find(pair.student.parameter->name);
    if (!from || !to || dtypeSize(from->dtype) == 0 || dtypeSize(to->dtype) == 0 ||
        to->shape != pair.student.parameter->shape)
        return std::nullopt;
    const auto studentShape = shapeOf(pair.student, to->shape);
    const auto teacherShape = shapeOf(pair.teacher, from->shape);
    if (!studentShape || !teacherShape)
        return std::nullopt;
    const auto view = sliceView(studentSpec, *pair.student.parameter, *studentShape, *teacherShape);
    if (!view)
        return std::nullopt;
    // A stretch is cut along the first axis, which then is the row axis.
    if ((pair.student.parts > 1 && view->rowAxis != 0) ||
        (pair.teacher.parts > 1 && view->teacherRowAxis != 0))
        return std::nullopt;
    return PairRows{*view,
                    {teacher,
                     *from,
                     view->teacherRows,
                     view->teacherRowSize(),
                     pair.teacher.part * view->teacherRows},
                    {student,
                     *to,
                     view->studentRows,
                     view->studentRowSize(),
                     pair.student.part * view->studentRows}};
}

} // namespace heirloom
