// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/Plane.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace heirloom {

/// What one display cell says of the elements under it.
enum class CellMode {
    Extremes, ///< the value of largest magnitude, with its sign
    Mean,
    Rms
};

/// A piece of a plane at display size. Values are NaN where a NaN lies under the cell, ±inf where
/// an infinity does (NaN wins).
struct HeatmapTile {
    int width = 0; ///< display cells
    int height = 0;
    std::vector<float> values; ///< height × width, row-major
};

/// A plane with coarser levels, so that any stretch of it shows at once, with no element left out.
/// Built once on a worker thread, read from any. Costs about as much memory as the plane.
class HeatmapPyramid {
public:
    explicit HeatmapPyramid(std::shared_ptr<const Plane> plane);

    [[nodiscard]] const Plane& plane() const { return *m_plane; }
    /// Rows [top, bottom) and columns [left, right) of the plane, in plane coordinates (fractions
    /// of a cell allowed), as width × height display cells.
    ///
    /// Each element of the stretch counts in exactly one display cell, in full. Borders between
    /// display cells lie on the nearest element; where a display cell holds several, within a third
    /// of a display cell of it. A display cell smaller than an element repeats it. The outer
    /// borders take in every element that the stretch touches.
    /// \pre 0 <= left < right <= columns, 0 <= top < bottom <= rows
    [[nodiscard]] HeatmapTile tile(double left,
                                   double top,
                                   double right,
                                   double bottom,
                                   int width,
                                   int height,
                                   CellMode mode) const;

private:
    /// A cell covers rowStep × columnStep elements. Each level has a fourth of the cells of the one
    /// before: 2 × 2 become one, or four in a line where the plane is long, so that cells come near
    /// to square on the screen.
    struct Level {
        std::int64_t rows = 0;
        std::int64_t columns = 0;
        std::int64_t rowStep = 1;
        std::int64_t columnStep = 1;
        std::unique_ptr<float[]> extremes;
        std::unique_ptr<float[]> sums;    ///< of elements × m_scale
        std::unique_ptr<float[]> squares; ///< of elements × m_scale
    };

    [[nodiscard]] const Level* levelFor(double rowsPerCell, double columnsPerCell) const;

    std::shared_ptr<const Plane> m_plane;
    float m_scale = 1; ///< a power of two that brings the largest finite element near 1, so that
                       ///< squares neither overflow nor vanish
    std::vector<Level> m_levels; ///< finest first; the plane itself is not among them
};

/// Share of each display row (or column) that is selected: `selected` ascending indices, each as
/// wide as one element, within [first, last) split into `cells` equal stretches. Exact, also where
/// a stretch ends inside an element. \return `cells` values in [0, 1]
[[nodiscard]] std::vector<float> selectedShare(std::span<const std::int64_t> selected,
                                               double first,
                                               double last,
                                               int cells);

} // namespace heirloom
