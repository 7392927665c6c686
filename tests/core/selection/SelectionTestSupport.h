// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/Families.h"
#include "core/selection/SelectionPlan.h"
#include "tests/support/FillCheckpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heirloom::test {

inline nlohmann::json golden(const std::string& relativePath) {
    const auto path = dataFolder() / "golden" / relativePath;
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error(fmt::format("missing: {}", path.string()));
    return nlohmann::json::parse(file);
}

inline std::shared_ptr<const ModelSpec> model(std::string_view name) {
    auto spec = modelFromName(name);
    if (!spec)
        throw std::runtime_error(spec.error().message());
    return std::make_shared<const ModelSpec>(std::move(*spec));
}

/// The teacher of a spec, filled by the rule of golden/fill.
inline std::shared_ptr<const Checkpoint> filledTeacher(const ModelSpec& spec) {
    std::vector<TensorInfo> tensors;
    for (const auto& parameter : spec.parameters)
        tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
    return fillCheckpoint(std::move(tensors));
}

inline SelectionPlan plan(std::string_view teacher,
                          std::string_view student,
                          const SelectionOptions& options = {}) {
    auto made = planSelection(model(teacher), model(student), options, nullptr);
    if (!made)
        throw std::runtime_error(made.error().message());
    return std::move(*made);
}

inline Error planError(std::string_view teacher,
                       std::string_view student,
                       const SelectionOptions& options = {}) {
    auto made = planSelection(model(teacher), model(student), options, nullptr);
    return made ? Error{"", "no error", ""} : made.error();
}

inline SelectionOptions withElement(std::string_view text) {
    SelectionOptions options;
    options.element = parseElementSelection(text).value();
    return options;
}

inline const SpacePlan& spaceOf(const SelectionPlan& plan, std::string_view name) {
    return plan.spaces.at(static_cast<std::size_t>(plan.student->spaceIndex(name)));
}

/// The indices of an axis written out, where null stands for all.
inline std::vector<std::int64_t> indicesOf(const IndexList& list, std::int64_t size) {
    if (list)
        return *list;
    std::vector<std::int64_t> all(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i)
        all[static_cast<std::size_t>(i)] = i;
    return all;
}

inline std::vector<std::int64_t> axisOf(const SelectionPlan& plan,
                                        std::string_view parameter,
                                        std::size_t axis) {
    const auto* found = plan.find(parameter);
    if (!found || found->axes.size() <= axis)
        throw std::runtime_error(fmt::format("not inherited: {}", parameter));
    return indicesOf(found->axes[axis], plan.student->find(parameter)->shape[axis]);
}

} // namespace heirloom::test
