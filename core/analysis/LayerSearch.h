// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// For each student layer the teacher layer of the same stack in whose tensors its rows lie, or -1:
/// found in none.
///
/// One kind of tensor a stack is looked through first, the smallest that can tell layers apart;
/// larger ones only for layers that it could not place. Of several teacher layers that fit alike
/// the one at the same position counts.
[[nodiscard]] Result<std::vector<int>> findTeacherLayers(const Checkpoint& teacher,
                                                         const ModelSpec& teacherSpec,
                                                         const Checkpoint& student,
                                                         const ModelSpec& studentSpec,
                                                         std::stop_token stop);

/// "attn.qkv.weight" of "blocks.3.attn.qkv.weight" in layer "blocks.3".
[[nodiscard]] std::string_view nameInLayer(const Layer& layer, std::string_view parameter);

} // namespace heirloom
