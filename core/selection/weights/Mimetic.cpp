// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Resample.h"
#include "core/selection/ResamplePositions.h"
#include "core/selection/weights/Factors.h"
#include "core/selection/weights/Sinusoids.h"
#include "core/selection/weights/WeightRules.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace heirloom {
namespace {

constexpr double kQueryKey = 0.7;    ///< W_Q^T W_K = 0.7 Z + 0.7 I for each head
constexpr double kValueOutput = 0.4; ///< W_proj W_V = 0.4 Z - 0.4 I for all heads together

/// Which of the four matrices of plain attention a stretch of rows (or proj's columns) is.
enum class Part { None, Query, Key, Value, Output };

/// Heads and their size on a segment that is heads × size; nothing for grouped queries.
struct HeadShape {
    std::int64_t heads = 0;
    std::int64_t size = 0;
};

HeadShape headsOf(const ModelSpec& spec, const AxisSegment& segment) {
    const auto space = [&](std::size_t i) -> const IndexSpace& {
        return spec.spaces[static_cast<std::size_t>(segment.spaces[i])];
    };
    if (segment.spaces.size() != 2 || space(0).kind != SpaceKind::Heads ||
        space(1).kind != SpaceKind::HeadDim)
        return {};
    return {space(0).size, space(1).size};
}

Part partOf(const Parameter& parameter, const AxisLayout& axis, std::size_t segment) {
    if (axis.segments.size() == 3)
        return static_cast<Part>(segment + 1);
    const auto has = [&](std::string_view a, std::string_view b, std::string_view c) {
        const std::string_view name = parameter.name;
        return name.find(a) != name.npos || name.find(b) != name.npos || name.find(c) != name.npos;
    };
    if (has("query", "q_proj", "q_lin"))
        return Part::Query;
    if (has("key", "k_proj", "k_lin"))
        return Part::Key;
    return has("value", "v_proj", "v_lin") ? Part::Value : Part::None;
}

/// The rows [heads × size, width] of one part. Both sides of a product are drawn from one seed of
/// the layer, so that tensors made on their own fit each other.
std::vector<double> rowsOf(const WeightTask& task, Part part, HeadShape shape, std::int64_t width) {
    const auto& layer = task.spec.layers[static_cast<std::size_t>(task.parameter.layer)].prefix;
    const bool isQueryKey = part == Part::Query || part == Part::Key;
    const bool wantsLeft = part == Part::Query || part == Part::Output;
    std::vector<double> rows;
    const auto append = [&](std::int64_t rank, double alpha, double beta, std::string_view what) {
        auto made = mimeticFactors(
            width, rank, alpha, beta, seedFor(task.seed, fmt::format("{} {}", layer, what)));
        const auto& side = wantsLeft ? made.left : made.right;
        rows.insert(rows.end(), side.begin(), side.end());
    };
    if (!isQueryKey)
        append(shape.heads * shape.size, kValueOutput, -kValueOutput, "value and output");
    for (std::int64_t head = 0; isQueryKey && head < shape.heads; ++head)
        append(shape.size, kQueryKey, kQueryKey, fmt::format("query and key {}", head));
    return rows;
}

/// Writes sinusoids over a table of positions, [rows, width] or [1, rows, width]: all rows of a
/// text's, the square grid of an image's, whose class token stands at zero. Any other parameter
/// stays.
void putPositions(const WeightTask& task, HostTensor& made) {
    const auto rank = made.shape.size();
    if (task.parameter.isBuffer || rank < 2 || rank > 3 || (rank == 3 && made.shape[0] != 1) ||
        onlyKind(task.spec, task.parameter.axes[rank - 1]) != SpaceKind::Residual)
        return;
    const auto kind = onlyKind(task.spec, task.parameter.axes[rank - 2]);
    const auto rows = made.shape[rank - 2], width = made.shape[rank - 1];
    std::vector<float> values;
    if (kind == SpaceKind::Positions)
        values = sinusoidalRows(rows, width);
    else if (const auto before = rowsBeforeGrid(task.spec, rows);
             kind == SpaceKind::Tokens && before) {
        values = sinusoidalGrid(*gridSide(rows - *before), width);
        values.insert(values.begin(), static_cast<std::size_t>(*before * width), 0.0F);
    } else
        return;
    std::ranges::copy(values, made.floats().begin());
}

Result<HostTensor> make(WeightTask task) {
    auto made = drawStock(task);
    if (optionOf(task.selection, "positions") == "sinusoidal")
        putPositions(task, made);
    const auto role = drawnRole(task);
    if (!role || task.parameter.layer < 0 || made.shape.size() != 2)
        return made;
    const auto put =
        [&](std::size_t headAxis, std::int64_t start, const std::vector<double>& rows) {
            const auto width = made.shape[1 - headAxis];
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const auto row = start + static_cast<std::int64_t>(i) / width;
                const auto column = static_cast<std::int64_t>(i) % width;
                const auto at =
                    headAxis == 0 ? row * made.shape[1] + column : column * made.shape[1] + row;
                made.floats()[static_cast<std::size_t>(at)] = static_cast<float>(rows[i]);
            }
        };
    const auto makeAxis = [&](std::size_t axis, bool isOutput) {
        const auto width = made.shape[1 - axis];
        std::int64_t start = 0;
        const auto& layout = task.parameter.axes[axis];
        for (std::size_t i = 0; i < layout.segments.size(); ++i) {
            const auto shape = headsOf(task.spec, layout.segments[i]);
            const auto part = isOutput ? Part::Output : partOf(task.parameter, layout, i);
            if (shape.heads == 0 || part == Part::None)
                return;
            // More rows than the stream is wide cannot all be singular vectors.
            const bool isPair = part == Part::Query || part == Part::Key;
            if ((isPair ? shape.size : shape.heads * shape.size) <= width)
                put(axis, start, rowsOf(task, part, shape, width));
            start += shape.heads * shape.size;
        }
    };
    makeAxis(role->out, false);
    makeAxis(role->in, true);
    return made;
}

constexpr RuleOption kOptions[] = {
    {.name = "positions",
     .standard = "stock",
     .values = "stock|sinusoidal",
     .meaning = "of learned position embeddings: as the stock class draws them, or sine and cosine "
                "(of row and column in an image, class token 0)"},
};

} // namespace

const WeightRule mimeticRule{
    .name = "mimetic",
    .title = "Mimetic",
    .meaning = "Control: plain attention so that per head W_Q^T W_K is 0.7 noise + 0.7 I and "
               "W_proj W_V is 0.4 noise - 0.4 I; the rest, and attention with grouped or rotary "
               "queries, as the stock class",
    .source = "Trockman, Kolter, Mimetic Initialization of Self-Attention Layers, ICML 2023",
    .options = kOptions,
    .needs = WeightNeed::Nothing,
    .draws = true,
    .make = make,
};

} // namespace heirloom
