// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"

#include "core/model/Families.h"
#include "core/selection/FromFloats.h"
#include "core/selection/Gather.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <new>

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
        if (plan.origin == Origin::Fresh) {
            auto drawn = drawParameter(parameter, plan.seed);
            return drawn.dtype == DType::F32 ? castFloats(std::move(drawn), m_dtype)
                                             : std::move(drawn);
        }
        const auto* info = m_teacher.find(plan.teacher);
        const auto* expected = m_plan.teacher->find(plan.teacher);
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
        auto taken = gather(m_teacher, *info, plan.axes, m_block, m_stop);
        if (!taken || plan.origin == Origin::Inherited)
            return taken;
        return resampled(std::move(*taken), parameter);
    }

private:
    /// In float32, then back to the teacher's dtype, as timm does it.
    Result<HostTensor> resampled(HostTensor taken, const Parameter& parameter) const {
        const auto dtype = canCastTo(taken.dtype) ? taken.dtype : DType::F32;
        if (taken.dtype != DType::F32)
            taken = HostTensor::fromFloats(taken.shape, toFloats(taken));
        auto made = resamplePositions(taken, positionPrefix(*m_plan.student), parameter.shape[1]);
        if (!made)
            return std::unexpected(Error{parameter.name, made.error().text, made.error().advice});
        return castFloats(std::move(*made), dtype);
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
