// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterPairs.h"
#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

/// Both nets of a comparison, with their roles.
struct ComparedModels {
    const Checkpoint& teacher;
    const ModelSpec& teacherSpec;
    const Checkpoint& student;
    const ModelSpec& studentSpec;
    Roles teacherRoles;
    Roles studentRoles;
};

/// For each student layer the teacher layer of the same stack in whose tensors its rows lie, or -1:
/// found in none. Stacks are the same by their roles, whatever the files call them.
///
/// One role a stack is looked through first, the smallest that can tell layers apart; larger ones
/// only for layers that it could not place. What no role places is looked for once more as a
/// scaled copy. Of several teacher layers that fit alike the one at the same position counts.
[[nodiscard]] Result<std::vector<int>> findTeacherLayers(const ComparedModels& models,
                                                         std::stop_token stop);

} // namespace heirloom
