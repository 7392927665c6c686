// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace heirloom {

enum class HeatmapOrder {
    Stored,
    ByNorm ///< rows by falling norm inside each band, columns by falling norm
};

/// One side of the dual heatmap as it is displayed: perhaps sorted, with what the student takes
/// marked.
struct HeatmapContent {
    std::shared_ptr<const HeatmapPyramid> pyramid; ///< of the displayed order
    std::vector<float> rowNorms;
    std::vector<float> columnNorms;
    std::vector<PlaneBand> bands;
    bool marksTaken =
        false; ///< the teacher's side: taken rows and columns are marked, the rest recedes
    std::vector<std::int64_t> takenRows; ///< ascending displayed positions
    std::vector<std::int64_t> takenColumns;
    std::vector<std::int64_t> rowOrder; ///< displayed position -> plane row; empty: as stored
    std::vector<std::int64_t> columnOrder;
    std::vector<std::int64_t> displayedRow; ///< plane row -> displayed position; empty: as stored
    std::vector<std::int64_t> displayedColumn;

    [[nodiscard]] std::int64_t rows() const { return pyramid->plane().rows; }
    [[nodiscard]] std::int64_t columns() const { return pyramid->plane().columns; }
    [[nodiscard]] std::int64_t planeRow(std::int64_t displayed) const {
        return rowOrder.empty() ? displayed : rowOrder[static_cast<std::size_t>(displayed)];
    }
    [[nodiscard]] std::int64_t planeColumn(std::int64_t displayed) const {
        return columnOrder.empty() ? displayed : columnOrder[static_cast<std::size_t>(displayed)];
    }
    [[nodiscard]] std::int64_t shownRow(std::int64_t planeRow) const {
        return displayedRow.empty() ? planeRow : displayedRow[static_cast<std::size_t>(planeRow)];
    }
    [[nodiscard]] std::int64_t shownColumn(std::int64_t planeColumn) const {
        return displayedColumn.empty() ? planeColumn
                                       : displayedColumn[static_cast<std::size_t>(planeColumn)];
    }
};

/// ByNorm copies the plane and builds a pyramid of the copy: for a worker thread.
/// \param taken what to mark on the teacher's side; null: nothing is marked
[[nodiscard]] std::shared_ptr<const HeatmapContent> heatmapContent(const PlaneView& view,
                                                                   const PlaneOrigin* taken,
                                                                   HeatmapOrder order);

} // namespace heirloom
