// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/ModelSpec.h"

#include <cstdint>
#include <optional>

namespace heirloom {

/// A tensor as rows × columns × inner, row-major: two axes whose indices may have been selected,
/// and all behind them, taken whole (kernel sides). Axes of size 1 are passed over, so that a
/// position embedding [1, 197, 384] is 197 × 384 × 1.
struct SliceView {
    int rowAxis = 0;        ///< of the student
    int columnAxis = -1;    ///< -1: there is but one axis that can be selected, columns = 1
    int teacherRowAxis = 0; ///< differ from the student's where one of them has axes of size 1 more
    int teacherColumnAxis = -1;
    std::int64_t teacherRows = 0;
    std::int64_t studentRows = 0;
    std::int64_t teacherColumns = 1;
    std::int64_t studentColumns = 1;
    std::int64_t inner = 1;

    [[nodiscard]] std::int64_t teacherRowSize() const { return teacherColumns * inner; }
    [[nodiscard]] std::int64_t studentRowSize() const { return studentColumns * inner; }
};

/// The common view of two tensors; empty where their shapes cannot be those of a selection (kernel
/// sides that differ, other rank but for axes of size 1).
/// \param shape the student's, or a stretch of it along the first axis; `teacher` likewise
[[nodiscard]] std::optional<SliceView> sliceView(const ModelSpec& studentSpec,
                                                 const Parameter& student,
                                                 const Shape& shape,
                                                 const Shape& teacher);

} // namespace heirloom
