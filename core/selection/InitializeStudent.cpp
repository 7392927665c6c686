// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"

#include "core/selection/SelectedCheckpoint.h"
#include "core/selection/StudentTensors.h"

#include <algorithm>
#include <new>

namespace heirloom {
Result<StateDict> initializeStudent(const Checkpoint& teacher,
                                    const SelectionPlan& plan,
                                    std::stop_token stop,
                                    const Progress& progress) {
    const auto student = selectedCheckpoint(borrowed(teacher), borrowed(plan), std::move(stop));
    if (!student)
        return std::unexpected(student.error());
    StateDict made;
    const double count = static_cast<double>((*student)->tensors().size());
    for (const TensorInfo& tensor : (*student)->tensors()) {
        auto read = (*student)->read(tensor);
        if (!read)
            return std::unexpected(read.error());
        made.set(tensor.name, std::move(*read));
        if (progress)
            progress(static_cast<double>(made.size()) / count, tensor.name);
    }
    return made;
}

Result<HostTensor> initializeParameter(const Checkpoint& teacher,
                                       const SelectionPlan& plan,
                                       std::string_view studentParameter) {
    const auto found =
        std::ranges::find(plan.parameters, studentParameter, &ParameterPlan::student);
    if (found == plan.parameters.end())
        return fail(std::string(studentParameter), "the student has no such parameter");
    try {
        std::vector<std::byte> block;
        return StudentTensors(teacher, plan)
            .make(static_cast<std::size_t>(found - plan.parameters.begin()), block);
    } catch (const std::bad_alloc&) {
        return std::unexpected(Error{std::string(studentParameter),
                                     "there is not enough memory for the student",
                                     "Close other programs or choose a smaller student"});
    }
}

} // namespace heirloom
