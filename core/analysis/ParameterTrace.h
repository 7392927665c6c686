// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/SliceView.h"
#include "core/analysis/TensorRows.h"
#include "core/base/Error.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace heirloom {

/// Teacher indices that fit one student index. More than a few (a constant slice) are not listed:
/// then every one may fit.
struct Fit {
    std::vector<std::int64_t> teachers; ///< ascending
    bool anything = false;
};

/// Where the rows and columns of a student tensor come from; a list is empty where it could not be
/// found out.
struct ParameterTrace {
    std::vector<Fit> rows;
    std::vector<Fit> columns;
    bool foreign = false; ///< nothing of it was found in the teacher's tensor
};

/// Finds, for each row and column of the student's tensor, the teacher's: student[i, j] =
/// teacher[rows(i), columns(j)]. A few student rows are looked for first (all their values in one
/// teacher row); they name the columns, which name all other rows.
[[nodiscard]] Result<ParameterTrace> traceParameter(TensorRows& teacher,
                                                    TensorRows& student,
                                                    const SliceView& view,
                                                    std::stop_token stop);

} // namespace heirloom
