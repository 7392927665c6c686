// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/StateDict.h"

namespace heirloom {

/// Whether castFloats() can make this dtype: F64, F32, F16, BF16.
[[nodiscard]] bool canCastTo(DType dtype);

/// An F32 tensor in another floating-point dtype, rounded half to even as torch rounds.
/// \pre canCastTo(dtype)
[[nodiscard]] HostTensor castFloats(HostTensor tensor, DType dtype);

} // namespace heirloom
