// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"

#include "core/selection/FromFloats.h"
#include "core/selection/Gather.h"
#include "core/selection/MatrixRole.h"
#include "core/selection/Resample.h"
#include "core/selection/weights/WeightRules.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <new>
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

class StudentMaker {
public:
    StudentMaker(const Checkpoint& teacher, const SelectionPlan& plan, std::stop_token stop)
        : m_teacher(teacher), m_plan(plan), m_stop(std::move(stop)), m_dtype(commonDType(teacher)) {
    }

    Result<HostTensor> make(std::size_t index) {
        const auto& parameter = m_plan.student->parameters[index];
        const auto& plan = m_plan.parameters[index];
        if (m_stop.stop_requested())
            return fail(parameter.name, "stopped");
        const auto* rule = findWeightRule(plan.weights.rule);
        if (!rule)
            return fail(parameter.name, "there is no weight rule \"{}\"", plan.weights.rule);
        if (plan.constant)
            return asTeachers(filled(parameter, *plan.constant), m_dtype);
        if (plan.isIdentity)
            return asTeachers(identityMap(parameter), m_dtype);
        if (!isFloatingPoint(parameter.dtype))
            rule = &copyRule; // counters and index tables
        if (plan.origin == Origin::Fresh && rule->needs != WeightNeed::Nothing)
            return asTeachers(drawParameter(parameter, plan.seed), m_dtype);
        const auto* source = m_plan.teacher->find(plan.teacher);
        WeightTask task{.spec = *m_plan.student,
                        .parameter = parameter,
                        .source = source,
                        .selection = plan.weights,
                        .seed = plan.weights.seed.value_or(m_plan.options.seed),
                        .values = {}};
        if (rule->needs == WeightNeed::Nothing) {
            const auto* info = m_teacher.find(plan.teacher);
            const auto dtype = info && canCastTo(info->dtype) ? info->dtype : m_dtype;
            return finish(rule->make(std::move(task)), parameter, dtype);
        }
        auto taken = take(plan, rule, task);
        const bool isResampled = plan.origin == Origin::Resampled;
        const bool isWhole = rule->needs == WeightNeed::Teacher;
        const bool isScaled = !isWhole && hasFactors(plan);
        if (!taken || (!rule->make && !isResampled && !isScaled))
            return taken;
        const auto dtype = canCastTo(taken->dtype) ? taken->dtype : DType::F32;
        task.values = taken->dtype == DType::F32
                          ? std::move(*taken)
                          : HostTensor::fromFloats(taken->shape, toFloats(*taken));
        if (isResampled) {
            auto made = resample(std::move(task.values), *source, parameter, m_plan);
            if (!made)
                return finish(std::move(made), parameter, dtype);
            task.values = std::move(*made);
        }
        if (isScaled)
            applyFactors(task.values, plan.factors);
        if (!isWhole)
            task.chosen = &plan.axes;
        if (!rule->make)
            return asTeachers(std::move(task.values), dtype);
        return finish(rule->make(std::move(task)), parameter, dtype);
    }

private:
    /// The slices that the plan chose, or the whole tensor, in the teacher's dtype.
    Result<HostTensor> take(const ParameterPlan& plan,
                            const WeightRule* rule,
                            const WeightTask& task) {
        const auto* info = m_teacher.find(plan.teacher);
        const auto* expected = task.source;
        assert(expected && plan.axes.size() == expected->shape.size());
        if (!info)
            return std::unexpected(
                Error{plan.teacher,
                      "the teacher's checkpoint has no such tensor",
                      "Open the checkpoint again: it is not the one that the plan was made for"});
        if (info->shape != expected->shape)
            return std::unexpected(
                Error{plan.teacher,
                      fmt::format("the plan was made for {}, the checkpoint holds {}",
                                  shapeText(expected->shape),
                                  shapeText(info->shape)),
                      "Open the checkpoint again: it is not the one that the plan was made for"});
        if (rule->needs == WeightNeed::Teacher)
            return gather(
                m_teacher, *info, std::vector<IndexList>(plan.axes.size()), m_block, m_stop);
        return gather(m_teacher,
                      *info,
                      rule->axes ? rule->axes(task, plan.axes) : plan.axes,
                      m_block,
                      m_stop);
    }

    static HostTensor filled(const Parameter& parameter, float value) {
        auto made = HostTensor::zeros(DType::F32, parameter.shape);
        std::ranges::fill(made.floats(), value);
        return made;
    }

    /// [out, in, 1, 1]: 1 where both stand for one teacher index, shared out where an input is
    /// repeated.
    HostTensor identityMap(const Parameter& parameter) const {
        const auto out = teacherIndices(parameter, 0);
        const auto in = teacherIndices(parameter, 1);
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

    std::vector<std::int64_t> teacherIndices(const Parameter& parameter, std::size_t axis) const {
        const auto& space =
            m_plan.spaces[static_cast<std::size_t>(onlySpace(parameter.axes[axis]))];
        if (space.indices)
            return *space.indices;
        std::vector<std::int64_t> all(static_cast<std::size_t>(space.studentSize));
        std::iota(all.begin(), all.end(), std::int64_t{0});
        return all;
    }

    static HostTensor asTeachers(HostTensor made, DType dtype) {
        return made.dtype == DType::F32 ? castFloats(std::move(made), dtype) : made;
    }

    static Result<HostTensor> finish(Result<HostTensor> made,
                                     const Parameter& parameter,
                                     DType dtype) {
        if (!made)
            return std::unexpected(Error{parameter.name, made.error().text, made.error().advice});
        assert(made->shape == parameter.shape);
        return asTeachers(std::move(*made), dtype);
    }

    const Checkpoint& m_teacher;
    const SelectionPlan& m_plan;
    std::stop_token m_stop;
    DType m_dtype;
    std::vector<std::byte> m_block;
};

Error outOfMemory(std::string_view parameter) {
    return Error{std::string(parameter),
                 "there is not enough memory for the student",
                 "Close other programs or choose a smaller student"};
}

} // namespace

Result<StateDict> initializeStudent(const Checkpoint& teacher,
                                    const SelectionPlan& plan,
                                    std::stop_token stop,
                                    const Progress& progress) {
    StateDict student;
    StudentMaker maker(teacher, plan, std::move(stop));
    const std::size_t count = plan.parameters.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& name = plan.parameters[i].student;
        try {
            auto made = maker.make(i);
            if (!made)
                return std::unexpected(made.error());
            student.set(name, std::move(*made));
        } catch (const std::bad_alloc&) {
            return std::unexpected(outOfMemory(name));
        }
        if (progress)
            progress(static_cast<double>(i + 1) / static_cast<double>(count), name);
    }
    return student;
}

Result<HostTensor> initializeParameter(const Checkpoint& teacher,
                                       const SelectionPlan& plan,
                                       std::string_view studentParameter) {
    const auto found =
        std::ranges::find(plan.parameters, studentParameter, &ParameterPlan::student);
    if (found == plan.parameters.end())
        return fail(std::string(studentParameter), "the student has no such parameter");
    try {
        return StudentMaker(teacher, plan, {})
            .make(static_cast<std::size_t>(found - plan.parameters.begin()));
    } catch (const std::bad_alloc&) {
        return std::unexpected(outOfMemory(studentParameter));
    }
}

} // namespace heirloom
