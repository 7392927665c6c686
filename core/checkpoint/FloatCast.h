// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace heirloom {

/// Elements of one floating-point dtype in another, rounded to the nearest, halves to even; the
/// same bits as torch's Tensor.to() but for the payload of NaNs, which stay NaNs.
///
/// As in torch, F64 goes to the narrow types by way of F32, and what is too large becomes infinity;
/// in F8_E4M3, which has none, it becomes 448, infinities among it.
/// \pre both dtypes are of floating point; `from` and `to` hold equally many elements
/// \return how many values were too large: finite ones that became infinity, or any that became 448
std::int64_t convertFloats(DType fromType,
                           std::span<const std::byte> from,
                           DType toType,
                           std::span<std::byte> to);

/// Infinities and NaNs among elements of a floating-point dtype.
[[nodiscard]] std::int64_t countNotFinite(DType dtype, std::span<const std::byte> bytes);

/// "448": the largest finite value of a floating-point dtype.
[[nodiscard]] std::string largestText(DType dtype);

} // namespace heirloom
