// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/model/ModelSpec.h"
#include "core/selection/SelectionPlan.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace heirloom {

/// How a student parameter whose grid has another size than the teacher's comes by its values.
struct Resampling {
    enum class Kind { None, Positions, Kernel, Bias };
    Kind kind = Kind::None;
    std::string reason;         ///< what is resampled; or why that cannot be, with kind None
    std::int64_t oldPrefix = 0; ///< tokens before the grid of positions
    std::int64_t newPrefix = 0;

    /// Whether the axis is taken whole, to be resampled.
    [[nodiscard]] bool covers(std::size_t axis, std::size_t rank) const;
};

/// Rows before the square grid among `tokens`: as the family says, else one class token. Empty:
/// what is left is no square.
[[nodiscard]] std::optional<std::int64_t> rowsBeforeGrid(const ModelSpec& spec,
                                                         std::int64_t tokens);

/// By name, spaces and shapes: positions [1, tokens, dim] or [tokens, dim], patch kernels
/// [out, in, h, w], tables [(2 window - 1)², heads] called relative_position_bias_table. Kind None
/// without a reason where the grids are equal or there is none.
[[nodiscard]] Resampling resamplingOf(const ModelSpec& teacher,
                                      const Parameter& source,
                                      const ModelSpec& student,
                                      const Parameter& parameter);

/// In float32, as timm does it. \pre resamplingOf() these is not None
[[nodiscard]] Result<HostTensor> resample(HostTensor values,
                                          const Parameter& source,
                                          const Parameter& parameter,
                                          const SelectionPlan& plan);

} // namespace heirloom
