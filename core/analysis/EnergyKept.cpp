// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/EnergyKept.h"

#include <algorithm>
#include <span>

namespace heirloom {
namespace {

/// Marks one origin of each fit, a new one where there is a choice. \return whether any was marked
bool mark(const std::vector<Fit>& fits, std::vector<char>& taken) {
    bool any = false;
    for (const Fit& fit : fits) {
        if (fit.teachers.empty())
            continue;
        const auto free = std::ranges::find_if(fit.teachers, [&](std::int64_t index) {
            return taken[static_cast<std::size_t>(index)] == 0;
        });
        taken[static_cast<std::size_t>(free == fit.teachers.end() ? fit.teachers.front() : *free)] =
            1;
        any = true;
    }
    return any;
}

template <class Use> Status eachRow(TensorRows& tensor, std::stop_token stop, Use&& use) {
    const auto size = static_cast<std::size_t>(tensor.rowSize());
    for (std::int64_t first = 0; first < tensor.rows(); first += tensor.blockRows()) {
        if (stop.stop_requested())
            return fail({}, "stopped");
        auto block = tensor.floats(first, std::min(first + tensor.blockRows(), tensor.rows()));
        if (!block)
            return std::unexpected(block.error());
        for (std::size_t row = 0; (row + 1) * size <= block->size(); ++row)
            use(static_cast<std::size_t>(first) + row, block->subspan(row * size, size));
    }
    return {};
}

/// Four sums side by side: the adds do not wait for each other.
double squares(std::span<const float> values) {
    double sums[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= values.size(); i += 4)
        for (std::size_t lane = 0; lane < 4; ++lane)
            sums[lane] += static_cast<double>(values[i + lane]) * values[i + lane];
    for (; i < values.size(); ++i)
        sums[0] += static_cast<double>(values[i]) * values[i];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

} // namespace

Status addEnergy(PairRows& rows,
                 const ParameterTrace& trace,
                 EnergyReport& energy,
                 std::stop_token stop) {
    const SliceView& view = rows.view;
    std::vector<char> takenRows(static_cast<std::size_t>(view.teacherRows), 0);
    std::vector<char> takenColumns(static_cast<std::size_t>(view.teacherColumns), 0);
    const bool known =
        mark(trace.rows, takenRows) && (view.columnAxis < 0 || mark(trace.columns, takenColumns));
    std::vector<std::size_t> positions;
    const auto inner = static_cast<std::size_t>(view.inner);
    for (std::size_t column = 0; column < takenColumns.size(); ++column)
        if (view.columnAxis < 0 || takenColumns[column] != 0)
            for (std::size_t i = 0; i < inner; ++i)
                positions.push_back(column * inner + i);
    rows.teacher.convert({});
    auto done = eachRow(rows.teacher, stop, [&](std::size_t row, std::span<const float> values) {
        energy.teacher += squares(values);
        if (!known || takenRows[row] == 0)
            return;
        double kept = 0;
        for (const std::size_t at : positions)
            kept += static_cast<double>(values[at]) * values[at];
        energy.kept += kept;
    });
    if (!done || known)
        return done;
    const double factor = (trace.scale.lowest + trace.scale.highest) / 2;
    return eachRow(rows.student, stop, [&](std::size_t, std::span<const float> values) {
        energy.kept += squares(values) / (factor * factor);
    });
}

} // namespace heirloom
