// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/selection/SelectionPlan.h"

#include <cstddef>
#include <stop_token>
#include <vector>

namespace heirloom {

/// out[i, j, ...] = tensor[axes[0][i], axes[1][j], ...] in the tensor's own dtype, bytes moved
/// unchanged.
///
/// Only rows that are selected are read, neighbours (and rows with small gaps between them) in one
/// piece of about 8 MiB at most.
/// \param axes one list an axis of the tensor; null keeps the whole axis
/// \param block the buffer that rows are read into, kept by the caller for the next tensor
/// \return an Error from the reader, or "stopped" when `stop` was asked for between two pieces
[[nodiscard]] Result<HostTensor> gather(const Checkpoint& checkpoint,
                                        const TensorInfo& tensor,
                                        const std::vector<IndexList>& axes,
                                        std::vector<std::byte>& block,
                                        const std::stop_token& stop = {});

} // namespace heirloom
