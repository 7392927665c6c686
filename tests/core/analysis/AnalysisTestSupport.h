// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/SelectionPlan.h"
#include "tests/support/FillCheckpoint.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom::test {

template <class T> T need(Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

inline std::shared_ptr<const ModelSpec> specOf(std::string_view name) {
    return std::make_shared<const ModelSpec>(need(modelFromName(name)));
}

inline std::vector<TensorInfo> infosOf(const ModelSpec& spec) {
    std::vector<TensorInfo> infos;
    for (const Parameter& parameter : spec.parameters)
        infos.push_back({parameter.name, parameter.dtype, parameter.shape});
    return infos;
}

/// A teacher of filled tensors, a plan, and the student that follows from them.
struct Selected {
    std::shared_ptr<const ModelSpec> teacherSpec;
    std::shared_ptr<const ModelSpec> studentSpec;
    std::shared_ptr<const Checkpoint> teacher;
    SelectionPlan plan;
    StateDict student;
};

inline Selected select(std::string_view teacherName,
                       std::string_view studentName,
                       const SelectionOptions& options) {
    Selected selected;
    selected.teacherSpec = specOf(teacherName);
    selected.studentSpec = specOf(studentName);
    selected.teacher = fillCheckpoint(infosOf(*selected.teacherSpec));
    selected.plan = need(
        planSelection(selected.teacherSpec, selected.studentSpec, options, selected.teacher.get()));
    selected.student = need(initializeStudent(*selected.teacher, selected.plan));
    return selected;
}

} // namespace heirloom::test
