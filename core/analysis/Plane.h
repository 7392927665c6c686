// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace heirloom {

/// A tensor laid out as a matrix for looking at: its first axis down, the product of the others
/// across ([out, in × kH × kW] for a convolution), a vector as one row of n columns. Of three axes
/// a leading one of size 1 is dropped first, so that a position embedding [1, 197, 384] stands as
/// 197 × 384 and a class token as one row.
struct Plane {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values; ///< rows × columns, row-major

    [[nodiscard]] float at(std::int64_t row, std::int64_t column) const {
        return values[static_cast<std::size_t>(row * columns + column)];
    }
};

[[nodiscard]] Plane planeOf(const HostTensor& tensor);

/// Rows and columns of planeOf() for a tensor of this shape.
struct PlaneSize {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool operator==(const PlaneSize&) const = default;
};

[[nodiscard]] PlaneSize planeSize(const Shape& shape);

/// Teacher row (column) that each student row (column) of the plane comes from. Both lists are
/// empty when the parameter is fresh; one is empty where that side was resampled and has no teacher
/// row (column) of its own.
struct PlaneOrigin {
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> columns;
};

[[nodiscard]] PlaneOrigin planeOrigin(const ParameterPlan& parameter,
                                      const Shape& teacherShape,
                                      const Shape& studentShape);

/// A stretch of rows with a name, for rulers: "Q", "K", "V" with the heads inside.
struct PlaneBand {
    std::string label;
    std::int64_t firstRow = 0;
    std::int64_t rows = 0;
    std::int64_t heads = 0; ///< 0: no heads inside
};

/// Bands of the parameter's plane from top to bottom; empty where its rows are one plain index
/// space.
[[nodiscard]] std::vector<PlaneBand> planeBands(const ModelSpec& spec, const Parameter& parameter);

} // namespace heirloom
