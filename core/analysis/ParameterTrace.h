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

/// How the values of inherited slices differ from the teacher's.
struct SliceScale {
    enum class Kind {
        None,   ///< equal, but for the rounding to the student's dtype
        Tensor, ///< times one factor
        Rows,   ///< times a factor of each row's own
        Columns ///< times a factor of each column's own (Net2Net divides by the number of copies)
    };
    Kind kind = Kind::None;
    double lowest = 1; ///< of the factors; of Tensor the factor
    double highest = 1;
    DType rounding = DType::F32; ///< what the teacher's values were rounded to
    bool isExact = true;         ///< bit for bit; false: within a relative tolerance of about 1e-5
};

/// Where the rows and columns of a student tensor come from; a list is empty where it could not be
/// found out.
struct ParameterTrace {
    std::vector<Fit> rows;
    std::vector<Fit> columns;
    bool foreign = false; ///< nothing of it was found in the teacher's tensor
    SliceScale scale;
};

/// Finds, for each row and column of the student's tensor, the teacher's: student[i, j] =
/// teacher[rows(i), columns(j)]. A few student rows are looked for first (all their values in one
/// teacher row); they name the columns, which name all other rows.
///
/// Values are compared bit for bit, after rounding the teacher's to what the student's are rounded
/// to. Where nothing is found so, scaled and slightly disturbed copies are looked for: with any
/// factor where values are fine enough to tell slices apart, else (BF16, F16) with those that
/// published rules use, the powers 1/2 and 1 of the ratio of two sizes.
[[nodiscard]] Result<ParameterTrace> traceParameter(TensorRows& teacher,
                                                    TensorRows& student,
                                                    const SliceView& view,
                                                    std::stop_token stop);

/// Up to `count` student rows, spread over the tensor, that have enough different values to be
/// recognised. Reads no more than it must.
[[nodiscard]] Result<std::vector<std::int64_t>> recognisableRows(TensorRows& student, int count);

/// The factors that published rules use where the view's sizes shrink, 1 left out.
[[nodiscard]] std::vector<float> publishedFactors(const SliceView& view);

/// What the student's elements are rounded to, by its dtype and by the values themselves.
[[nodiscard]] Result<DType> roundingOf(TensorRows& student);

} // namespace heirloom
