// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/HeatmapContent.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace heirloom {
namespace {

void sortByNorm(std::span<std::int64_t> order, const std::vector<float>& norms) {
    std::ranges::stable_sort(order, std::greater{}, [&norms](std::int64_t i) {
        return norms[static_cast<std::size_t>(i)];
    });
}

std::vector<std::int64_t> inverse(const std::vector<std::int64_t>& order) {
    std::vector<std::int64_t> places(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        places[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    return places;
}

std::vector<float> reordered(const std::vector<float>& values,
                             const std::vector<std::int64_t>& order) {
    std::vector<float> result(order.size());
    std::ranges::transform(order, result.begin(), [&values](std::int64_t i) {
        return values[static_cast<std::size_t>(i)];
    });
    return result;
}

void sort(HeatmapContent& content, const PlaneView& view) {
    const Plane& plane = view.pyramid->plane();
    content.rowOrder.resize(static_cast<std::size_t>(plane.rows));
    content.columnOrder.resize(static_cast<std::size_t>(plane.columns));
    std::iota(content.rowOrder.begin(), content.rowOrder.end(), std::int64_t{0});
    std::iota(content.columnOrder.begin(), content.columnOrder.end(), std::int64_t{0});
    const std::span<std::int64_t> rows(content.rowOrder);
    // Inside each band, so that Q stays Q.
    if (view.bands.empty())
        sortByNorm(rows, view.norms.rows);
    for (PlaneBand& band : content.bands) {
        band.heads = 0; // no longer side by side
        sortByNorm(rows.subspan(static_cast<std::size_t>(band.firstRow),
                                static_cast<std::size_t>(band.rows)),
                   view.norms.rows);
    }
    sortByNorm(content.columnOrder, view.norms.columns);

    auto sorted = std::make_shared<Plane>();
    sorted->rows = plane.rows;
    sorted->columns = plane.columns;
    sorted->values.resize(plane.values.size());
    auto out = sorted->values.begin();
    for (const std::int64_t row : content.rowOrder)
        for (const std::int64_t column : content.columnOrder)
            *out++ = plane.at(row, column);
    content.pyramid = std::make_shared<HeatmapPyramid>(std::move(sorted));
    content.rowNorms = reordered(view.norms.rows, content.rowOrder);
    content.columnNorms = reordered(view.norms.columns, content.columnOrder);
    content.displayedRow = inverse(content.rowOrder);
    content.displayedColumn = inverse(content.columnOrder);
}

/// Ascending displayed positions of `taken`; a side without a list of its own was resampled as a
/// whole: every position feeds the student.
std::vector<std::int64_t> displayed(const std::vector<std::int64_t>& taken,
                                    const std::vector<std::int64_t>& places,
                                    std::int64_t size) {
    std::vector<std::int64_t> result = taken;
    if (taken.empty()) {
        result.resize(static_cast<std::size_t>(size));
        std::iota(result.begin(), result.end(), std::int64_t{0});
        return result;
    }
    if (!places.empty())
        std::ranges::transform(result, result.begin(), [&places](std::int64_t i) {
            return places[static_cast<std::size_t>(i)];
        });
    std::ranges::sort(result);
    const auto repeats = std::ranges::unique(result);
    result.erase(repeats.begin(), repeats.end());
    return result;
}

} // namespace

std::shared_ptr<const HeatmapContent> heatmapContent(const PlaneView& view,
                                                     const PlaneOrigin* taken,
                                                     HeatmapOrder order) {
    auto content = std::make_shared<HeatmapContent>();
    content->pyramid = view.pyramid;
    content->rowNorms = view.norms.rows;
    content->columnNorms = view.norms.columns;
    content->bands = view.bands;
    // One row has no order to find: its columns are positions that a reader looks up.
    if (order == HeatmapOrder::ByNorm && content->rows() > 1)
        sort(*content, view);
    if (taken != nullptr) {
        content->marksTaken = true;
        content->takenRows = displayed(taken->rows, content->displayedRow, content->rows());
        content->takenColumns =
            displayed(taken->columns, content->displayedColumn, content->columns());
    }
    return content;
}

} // namespace heirloom
