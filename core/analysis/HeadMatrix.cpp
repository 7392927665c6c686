// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/HeadMatrix.h"

#include "core/analysis/AttentionAgreement.h"

#include <algorithm>

namespace heirloom {
namespace {

/// Heads × the rest of one segment of an axis.
struct HeadShape {
    std::int64_t heads = 0;
    std::int64_t size = 0; ///< heads × head_dim
};

HeadShape headShape(const ModelSpec& spec, const AxisSegment& segment) {
    HeadShape shape{spec.spaces[static_cast<std::size_t>(segment.spaces.front())].size, 1};
    for (const int space : segment.spaces)
        shape.size *= spec.spaces[static_cast<std::size_t>(space)].size;
    return shape;
}

/// A fused qkv that the plan inherits, with both sides' shapes.
struct AttentionAxes {
    const Parameter* student = nullptr;
    const ParameterPlan* plan = nullptr;
    HeadShape from; ///< the teacher's
    HeadShape to;

    /// Teacher row of row `row` of part 0 (q), 1 (k) or 2 (v), within the part; -1 when it lies in
    /// another part.
    [[nodiscard]] std::int64_t source(std::int64_t part, std::int64_t row) const {
        const std::int64_t at = part * to.size + row;
        const IndexList& list = plan->axes[0];
        const std::int64_t index =
            (list ? (*list)[static_cast<std::size_t>(at)] : at) - part * from.size;
        return index >= 0 && index < from.size ? index : -1;
    }
};

bool attentionOf(const SelectionPlan& plan, const Parameter& student, AttentionAxes& attention) {
    const ParameterPlan* source = plan.find(student.name);
    if (!isFusedQkv(*plan.student, student) || !source || source->origin != Origin::Inherited ||
        source->axes.empty())
        return false;
    const Parameter* teacher = plan.teacher->find(source->teacher);
    if (!teacher || !isFusedQkv(*plan.teacher, *teacher))
        return false;
    attention = {&student,
                 source,
                 headShape(*plan.teacher, teacher->axes[0].segments[0]),
                 headShape(*plan.student, student.axes[0].segments[0])};
    return !source->axes[0] || std::ssize(*source->axes[0]) == 3 * attention.to.size;
}

std::vector<std::vector<std::int64_t>> matrixOf(const AttentionAxes& attention) {
    std::vector<std::vector<std::int64_t>> matrix(
        static_cast<std::size_t>(attention.to.heads),
        std::vector<std::int64_t>(static_cast<std::size_t>(attention.from.heads), 0));
    for (std::int64_t row = 0; row < attention.to.size; ++row)
        if (const std::int64_t from = attention.source(0, row); from >= 0)
            ++matrix[static_cast<std::size_t>(row / (attention.to.size / attention.to.heads))]
                    [static_cast<std::size_t>(from / (attention.from.size / attention.from.heads))];
    return matrix;
}

/// The plan of the weight whose columns are heads × head_dim.
const ParameterPlan* projectionPlan(const SelectionPlan& plan, int layer) {
    const ModelSpec& spec = *plan.student;
    for (const Parameter& parameter : spec.parameters) {
        if (parameter.layer != layer || parameter.axes.size() != 2 ||
            parameter.axes[1].segments.size() != 1 || parameter.axes[1].segments[0].spaces.empty())
            continue;
        const int outer = parameter.axes[1].segments[0].spaces.front();
        if (spec.spaces[static_cast<std::size_t>(outer)].kind == SpaceKind::Heads)
            return plan.find(parameter.name);
    }
    return nullptr;
}

} // namespace

std::vector<std::vector<std::int64_t>> headMatrix(const SelectionPlan& plan,
                                                  std::string_view studentQkvParameter) {
    const Parameter* student = plan.student->find(studentQkvParameter);
    AttentionAxes attention;
    if (!student || !attentionOf(plan, *student, attention))
        return {};
    return matrixOf(attention);
}

CouplingSummary couplingOf(const SelectionPlan& plan, int layer) {
    CouplingSummary summary;
    for (const Parameter& parameter : plan.student->parameters) {
        AttentionAxes attention;
        if (parameter.layer != layer || layer < 0 || !attentionOf(plan, parameter, attention))
            continue;
        summary.size = attention.to.size;
        const ParameterPlan* projection = projectionPlan(plan, layer);
        const bool follows =
            projection && projection->origin == Origin::Inherited && projection->axes.size() == 2;
        for (std::int64_t row = 0; row < summary.size; ++row) {
            const std::int64_t q = attention.source(0, row);
            summary.qEqualsK += q >= 0 && q == attention.source(1, row);
            if (follows) {
                const IndexList& columns = projection->axes[1];
                summary.vEqualsProj += attention.source(2, row) ==
                                       (columns ? (*columns)[static_cast<std::size_t>(row)] : row);
            }
        }
        summary.blended =
            std::ranges::any_of(matrixOf(attention), [](const std::vector<std::int64_t>& row) {
                return std::ranges::count_if(row, [](std::int64_t count) { return count > 0; }) > 1;
            });
        break;
    }
    return summary;
}

} // namespace heirloom
