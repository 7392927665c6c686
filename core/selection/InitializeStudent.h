// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Progress.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/StateDict.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <stop_token>
#include <string_view>

namespace heirloom {

/// The student's state dict: inherited slices bit-exact or by their weight rule, resampled grids,
/// fresh draws from their seeds. Each teacher tensor is read once, by blocks of rows; memory is the
/// student plus one block. dtype: the teacher's, tensor by tensor; fresh floating-point tensors
/// take the dtype of most of the teacher's.
[[nodiscard]] Result<StateDict> initializeStudent(const Checkpoint& teacher,
                                                  const SelectionPlan& plan,
                                                  std::stop_token stop = {},
                                                  const Progress& progress = {});

/// One student tensor of the plan, for looking at.
[[nodiscard]] Result<HostTensor> initializeParameter(const Checkpoint& teacher,
                                                     const SelectionPlan& plan,
                                                     std::string_view studentParameter);

/// The random-init twin: every parameter drawn as the stock class does it. Equal seeds give equal
/// bytes on every machine.
[[nodiscard]] StateDict randomStudent(const ModelSpec& student, std::uint64_t seed);

/// One parameter drawn by its InitRule in float32 (I64 buffers are zero), from seedFor(seed, name):
/// a fresh parameter of a plan equals that of the random twin of the same seed.
[[nodiscard]] HostTensor drawParameter(const Parameter& parameter, std::uint64_t seed);

/// Position embedding [1, prefix + oldSide², dim] to [1, prefix + newSide², dim] (or both without
/// the first axis): bicubic with antialiasing on the grid part, prefix tokens kept. `newTokens`
/// counts the prefix. Source: timm, layers/pos_embed.py, resample_abs_pos_embed. An Error unless
/// F32 and both grids square.
[[nodiscard]] Result<HostTensor> resamplePositions(const HostTensor& positions,
                                                   std::int64_t prefixTokens,
                                                   std::int64_t newTokens);

} // namespace heirloom
