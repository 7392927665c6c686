// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/StudentTensors.h"

#include "core/selection/FromFloats.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/MatrixRole.h"
#include "core/selection/Resample.h"
#include "core/selection/weights/WeightRules.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>

namespace heirloom {
namespace {

/// The floating-point dtype that most of the teacher's elements have, F32 where that cannot be
/// drawn in.
DType commonDType(const Checkpoint& teacher) {
    std::map<DType, std::int64_t> elements;
    for (const auto& tensor : teacher.tensors())
        if (isFloatingPoint(tensor.dtype))
            elements[tensor.dtype] += tensor.elements();
    const auto most =
        std::ranges::max_element(elements, {}, [](const auto& entry) { return entry.second; });
    return most != elements.end() && canCastTo(most->first) ? most->first : DType::F32;
}

/// Multiplies what lies at each position of each axis by its factor.
void applyFactors(HostTensor& tensor, const std::vector<FactorList>& factors) {
    const auto values = tensor.floats();
    std::size_t after = values.size();
    for (std::size_t axis = 0; axis < factors.size(); ++axis) {
        const auto size = static_cast<std::size_t>(tensor.shape[axis]);
        if (values.empty())
            return;
        after /= size;
        if (!factors[axis])
            continue;
        for (std::size_t start = 0; start < values.size(); start += size * after)
            for (std::size_t i = 0; i < size; ++i)
                for (std::size_t k = 0; k < after; ++k)
                    values[start + i * after + k] *= (*factors[axis])[i];
    }
}

bool hasFactors(const ParameterPlan& plan) {
    return std::ranges::any_of(plan.factors, [](const auto& list) { return list != nullptr; });
}

std::vector<std::int64_t> teacherIndices(const SelectionPlan& plan,
                                         const Parameter& parameter,
                                         std::size_t axis) {
    const auto& space = plan.spaces[static_cast<std::size_t>(onlySpace(parameter.axes[axis]))];
    if (space.indices)
        return *space.indices;
    std::vector<std::int64_t> all(static_cast<std::size_t>(space.studentSize));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return all;
}

HostTensor filled(const Parameter& parameter, float value) {
    auto made = HostTensor::zeros(DType::F32, parameter.shape);
    std::ranges::fill(made.floats(), value);
    return made;
}

/// [out, in, 1, 1]: 1 where both stand for one teacher index, shared out where an input is
/// repeated.
HostTensor identityMap(const SelectionPlan& plan, const Parameter& parameter) {
    const auto out = teacherIndices(plan, parameter, 0);
    const auto in = teacherIndices(plan, parameter, 1);
    auto made = HostTensor::zeros(DType::F32, parameter.shape);
    auto values = made.floats();
    for (std::size_t row = 0; row < out.size(); ++row) {
        const auto repeats = static_cast<float>(std::ranges::count(in, out[row]));
        for (std::size_t column = 0; column < in.size(); ++column)
            if (in[column] == out[row])
                values[row * in.size() + column] = 1.0F / repeats;
    }
    return made;
}

HostTensor asTeachers(HostTensor made, DType dtype) {
    return made.dtype == DType::F32 ? castFloats(std::move(made), dtype) : made;
}

Result<HostTensor> finish(Result<HostTensor> made, const Parameter& parameter, DType dtype) {
    if (!made)
        return std::unexpected(Error{parameter.name, made.error().text, made.error().advice});
    assert(made->shape == parameter.shape);
    return asTeachers(std::move(*made), dtype);
}

DType castable(DType dtype, DType otherwise) { return canCastTo(dtype) ? dtype : otherwise; }

Error otherCheckpoint(const std::string& tensor, std::string text) {
    return Error{tensor,
                 std::move(text),
                 "Open the checkpoint again: it is not the one that the plan was made for"};
}

} // namespace

StudentTensors::StudentTensors(const Checkpoint& teacher, const SelectionPlan& plan)
    : m_teacher(teacher), m_plan(plan), m_dtype(commonDType(teacher)) {}

std::size_t StudentTensors::size() const { return m_plan.parameters.size(); }

const Parameter& StudentTensors::parameter(std::size_t index) const {
    return m_plan.student->parameters[index];
}

Result<StudentTensors::Making> StudentTensors::making(std::size_t index) const {
    const auto& plan = m_plan.parameters[index];
    const bool isFloat = isFloatingPoint(parameter(index).dtype);
    const auto* rule = findWeightRule(plan.weights.rule);
    if (!rule)
        return fail(parameter(index).name, "there is no weight rule \"{}\"", plan.weights.rule);
    if (plan.constant || plan.isIdentity)
        return Making{Way::Made, m_dtype, rule, nullptr};
    if (!isFloat)
        rule = &copyRule; // counters and index tables
    if (plan.origin == Origin::Fresh && rule->needs != WeightNeed::Nothing)
        return isFloat ? Making{Way::Drawn, m_dtype, rule, nullptr}
                       : Making{Way::Made, parameter(index).dtype, rule, nullptr};
    const auto* info = m_teacher.find(plan.teacher);
    if (rule->needs == WeightNeed::Nothing)
        return Making{Way::Made, info ? castable(info->dtype, m_dtype) : m_dtype, rule, nullptr};

    const auto* expected = m_plan.teacher->find(plan.teacher);
    assert(expected && plan.axes.size() == expected->shape.size());
    if (!info)
        return std::unexpected(
            otherCheckpoint(plan.teacher, "the teacher's checkpoint has no such tensor"));
    if (info->shape != expected->shape)
        return std::unexpected(
            otherCheckpoint(plan.teacher,
                            fmt::format("the plan was made for {}, the checkpoint holds {}",
                                        shapeText(expected->shape),
                                        shapeText(info->shape))));
    if (dtypeSize(info->dtype) == 0)
        return fail(info->name, "its dtype cannot be read, so it cannot be inherited");
    const bool isScaled = rule->needs != WeightNeed::Teacher && hasFactors(plan);
    if (!rule->make && plan.origin != Origin::Resampled && !isScaled)
        return Making{Way::Copied, info->dtype, rule, info};
    return Making{Way::Made, castable(info->dtype, DType::F32), rule, info};
}

Result<TensorInfo> StudentTensors::info(std::size_t index) const {
    const auto made = making(index);
    if (!made)
        return std::unexpected(made.error());
    return TensorInfo{m_plan.parameters[index].student, made->dtype, parameter(index).shape};
}

WeightTask StudentTensors::task(std::size_t index) const {
    const auto& plan = m_plan.parameters[index];
    return {.spec = *m_plan.student,
            .parameter = parameter(index),
            .source = m_plan.teacher->find(plan.teacher),
            .selection = plan.weights,
            .seed = plan.weights.seed.value_or(m_plan.options.seed),
            .values = {}};
}

RowGather StudentTensors::rows(std::size_t index, const Making& making) const {
    const auto& plan = m_plan.parameters[index];
    if (making.rule->needs == WeightNeed::Teacher)
        return {*making.source, std::vector<IndexList>(plan.axes.size())};
    return {*making.source,
            making.rule->axes ? making.rule->axes(task(index), plan.axes) : plan.axes};
}

ParameterDraw StudentTensors::draw(std::size_t index) const {
    return {parameter(index), m_plan.parameters[index].seed};
}

Result<HostTensor> StudentTensors::make(std::size_t index,
                                        std::vector<std::byte>& block,
                                        const std::stop_token& stop) const {
    const auto& parameter = this->parameter(index);
    const auto& plan = m_plan.parameters[index];
    if (stop.stop_requested())
        return fail(parameter.name, "stopped");
    const auto making = this->making(index);
    if (!making)
        return std::unexpected(making.error());
    if (plan.constant)
        return asTeachers(filled(parameter, *plan.constant), m_dtype);
    if (plan.isIdentity)
        return asTeachers(identityMap(m_plan, parameter), m_dtype);
    const auto* rule = making->rule;
    if (plan.origin == Origin::Fresh && rule->needs != WeightNeed::Nothing)
        return asTeachers(drawParameter(parameter, plan.seed), m_dtype);
    WeightTask task = this->task(index);
    if (rule->needs == WeightNeed::Nothing)
        return finish(rule->make(std::move(task)), parameter, making->dtype);

    const auto rows = this->rows(index, *making);
    auto taken = HostTensor::zeros(making->source->dtype, rows.shape());
    if (auto read = rows.read(m_teacher, 0, rows.rowCount(), taken.bytes, block, stop); !read)
        return std::unexpected(read.error());
    if (making->way == Way::Copied)
        return taken;
    const bool isWhole = rule->needs == WeightNeed::Teacher;
    task.values = taken.dtype == DType::F32 ? std::move(taken)
                                            : HostTensor::fromFloats(taken.shape, toFloats(taken));
    if (plan.origin == Origin::Resampled) {
        auto made = resample(std::move(task.values), *task.source, parameter, m_plan);
        if (!made)
            return finish(std::move(made), parameter, making->dtype);
        task.values = std::move(*made);
    }
    if (!isWhole && hasFactors(plan))
        applyFactors(task.values, plan.factors);
    if (!isWhole)
        task.chosen = &plan.axes;
    if (!rule->make)
        return asTeachers(std::move(task.values), making->dtype);
    return finish(rule->make(std::move(task)), parameter, making->dtype);
}

} // namespace heirloom
