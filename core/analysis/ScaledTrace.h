// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterTrace.h"

namespace heirloom {

/// Relative tolerance of one value: of float32 a few roundings; of halves their last place.
[[nodiscard]] double toleranceOf(DType rounding);

/// traceParameter() for a copy with unknown factors, or disturbed by less than toleranceOf().
/// `foreign` where none was found. \pre ScaledRowSearch::canTell() for the teacher's rows
[[nodiscard]] Result<ParameterTrace> traceScaled(TensorRows& teacher,
                                                 TensorRows& student,
                                                 const SliceView& view,
                                                 DType rounding,
                                                 std::stop_token stop);

} // namespace heirloom
