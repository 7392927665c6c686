// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/selection/SelectionPlan.h"

#include <memory>
#include <stop_token>

namespace heirloom {

/// The student of a plan as a checkpoint whose rows are made when they are read; nothing is made
/// before, and little is kept after. Inherited tensors are read from the teacher by blocks of rows,
/// fresh ones drawn as far as they are asked for; tensors that only come as a whole (resampled,
/// transformed) are kept until their last row has been read.
///
/// Read tensor by tensor in ascending rows, memory is a block a thread, and with transforms the
/// largest such tensor a thread. Any other order gives the same bytes, later.
/// \return an Error when the teacher is not the checkpoint that the plan was made for
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> selectedCheckpoint(
    std::shared_ptr<const Checkpoint> teacher,
    std::shared_ptr<const SelectionPlan> plan,
    std::stop_token stop = {});

} // namespace heirloom
