// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ScaledTrace.h"

#include "core/analysis/ScaledRowSearch.h"
#include "core/analysis/VectorMatch.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace heirloom {
namespace {

constexpr int AnchorRows = 6;
/// Positions by which rows are compared; fewer in tensors of very many rows (vocabularies).
constexpr std::size_t SampledPositions = 48;
constexpr std::size_t MostSamples = 2 << 20;
/// Factors that differ by less are one factor.
constexpr double SameFactor = 3e-4;

struct Anchor {
    std::int64_t student = 0;
    std::int64_t teacher = -1;
    double factor = 1;
};

/// Where each student column comes from, and by what factor beside the anchors' own.
struct Columns {
    std::vector<Fit> fits;
    std::vector<double> factors;
};

template <class Use> Status eachRow(TensorRows& tensor, std::stop_token stop, Use&& use) {
    const auto size = static_cast<std::size_t>(tensor.rowSize());
    for (std::int64_t first = 0; first < tensor.rows(); first += tensor.blockRows()) {
        if (stop.stop_requested())
            return fail({}, "stopped");
        auto block = tensor.floats(first, std::min(first + tensor.blockRows(), tensor.rows()));
        if (!block)
            return std::unexpected(block.error());
        for (std::size_t row = 0; (row + 1) * size <= block->size(); ++row)
            use(first + static_cast<std::int64_t>(row), block->subspan(row * size, size));
    }
    return {};
}

Result<std::vector<Anchor>> findAnchors(TensorRows& teacher,
                                        TensorRows& student,
                                        double tolerance,
                                        std::stop_token stop) {
    auto rows = recognisableRows(student, AnchorRows);
    if (!rows)
        return std::unexpected(rows.error());
    ScaledRowSearch search(tolerance);
    std::vector<Anchor> anchors;
    for (const std::int64_t row : *rows) {
        auto values = student.floats(row, row + 1);
        if (!values)
            return std::unexpected(values.error());
        if (search.add(*values) >= 0)
            anchors.push_back({row});
    }
    std::vector<int> hits(anchors.size(), 0);
    if (anchors.empty())
        return anchors;
    std::vector<ScaledRowSearch::Found> found;
    auto done = eachRow(teacher, stop, [&](std::int64_t row, std::span<const float> values) {
        found.clear();
        search.look(values, found);
        for (const auto& one : found) {
            const auto at = static_cast<std::size_t>(one.row);
            anchors[at].teacher = row;
            anchors[at].factor = one.factor;
            ++hits[at];
        }
    });
    if (!done)
        return std::unexpected(done.error());
    std::vector<Anchor> sure;
    for (std::size_t i = 0; i < anchors.size(); ++i)
        if (hits[i] == 1)
            sure.push_back(anchors[i]);
    return sure;
}

/// One vector a column: its elements in all anchor rows, each divided by its anchor's factor.
Result<std::vector<float>> columnVectors(TensorRows& tensor,
                                         const std::vector<Anchor>& anchors,
                                         std::int64_t Anchor::* side,
                                         std::int64_t columns,
                                         std::int64_t inner) {
    const std::size_t length = anchors.size() * static_cast<std::size_t>(inner);
    std::vector<float> vectors(static_cast<std::size_t>(columns) * length);
    for (std::size_t anchor = 0; anchor < anchors.size(); ++anchor) {
        const double factor = side == &Anchor::student ? anchors[anchor].factor : 1;
        auto row = tensor.floats(anchors[anchor].*side, anchors[anchor].*side + 1);
        if (!row)
            return std::unexpected(row.error());
        for (std::int64_t column = 0; column < columns; ++column)
            for (std::int64_t i = 0; i < inner; ++i)
                vectors[static_cast<std::size_t>(column) * length +
                        anchor * static_cast<std::size_t>(inner) + static_cast<std::size_t>(i)] =
                    static_cast<float>((*row)[static_cast<std::size_t>(column * inner + i)] /
                                       factor);
    }
    return vectors;
}

bool isSure(const Fit& fit) { return !fit.anything && fit.teachers.size() == 1; }

std::size_t sureOnes(const std::vector<VectorMatch>& matches) {
    return static_cast<std::size_t>(
        std::ranges::count_if(matches, [](const VectorMatch& match) { return isSure(match.fit); }));
}

/// By value where that explains nearly all, else by direction.
std::vector<VectorMatch> match(std::span<const float> student,
                               std::span<const float> teacher,
                               std::size_t length,
                               double tolerance) {
    auto byValue = matchVectors(student, teacher, length, 3 * tolerance, MatchBy::Value);
    if (length < 3 || sureOnes(byValue) * 10 >= byValue.size() * 9)
        return byValue;
    auto byDirection = matchVectors(student, teacher, length, 3 * tolerance, MatchBy::Direction);
    return sureOnes(byDirection) > sureOnes(byValue) ? byDirection : byValue;
}

Result<Columns> traceColumns(TensorRows& teacher,
                             TensorRows& student,
                             const SliceView& view,
                             const std::vector<Anchor>& anchors,
                             double tolerance) {
    auto ours = columnVectors(student, anchors, &Anchor::student, view.studentColumns, view.inner);
    auto theirs =
        columnVectors(teacher, anchors, &Anchor::teacher, view.teacherColumns, view.inner);
    if (!ours || !theirs)
        return std::unexpected((ours ? theirs : ours).error());
    Columns columns;
    for (VectorMatch& one :
         match(*ours, *theirs, anchors.size() * static_cast<std::size_t>(view.inner), tolerance)) {
        columns.fits.push_back(std::move(one.fit));
        columns.factors.push_back(one.factor);
    }
    return columns;
}

/// Elements of a row by which rows are compared, and what the student's are divided by.
struct Sample {
    std::vector<std::size_t> student;
    std::vector<std::size_t> teacher;
    std::vector<double> factors;
};

Sample sampleOf(const SliceView& view, const Columns& columns, std::size_t most) {
    Sample all;
    const auto inner = static_cast<std::size_t>(view.inner);
    for (std::size_t column = 0; column < static_cast<std::size_t>(view.studentColumns); ++column) {
        if (view.columnAxis >= 0 && !isSure(columns.fits[column]))
            continue;
        const std::size_t from =
            view.columnAxis < 0 ? column
                                : static_cast<std::size_t>(columns.fits[column].teachers.front());
        for (std::size_t i = 0; i < inner; ++i) {
            all.student.push_back(column * inner + i);
            all.teacher.push_back(from * inner + i);
            all.factors.push_back(view.columnAxis < 0 ? 1 : columns.factors[column]);
        }
    }
    if (all.student.size() <= most)
        return all;
    Sample some;
    for (std::size_t i = 0; i < most; ++i) {
        const std::size_t at = i * all.student.size() / most;
        some.student.push_back(all.student[at]);
        some.teacher.push_back(all.teacher[at]);
        some.factors.push_back(all.factors[at]);
    }
    return some;
}

/// Rows by their sampled elements: first all with the anchors' factor, then each with its own.
Result<std::vector<VectorMatch>> traceRows(TensorRows& teacher,
                                           TensorRows& student,
                                           const Sample& sample,
                                           double factor,
                                           double tolerance,
                                           std::stop_token stop) {
    std::vector<float> ours;
    std::vector<float> theirs;
    auto done = eachRow(student, stop, [&](std::int64_t, std::span<const float> row) {
        for (std::size_t i = 0; i < sample.student.size(); ++i)
            ours.push_back(
                static_cast<float>(row[sample.student[i]] / (sample.factors[i] * factor)));
    });
    if (done)
        done = eachRow(teacher, stop, [&](std::int64_t, std::span<const float> row) {
            for (const std::size_t at : sample.teacher)
                theirs.push_back(row[at]);
        });
    if (!done)
        return std::unexpected(done.error());
    return match(ours, theirs, sample.student.size(), tolerance);
}

struct Range {
    double lowest = 0;
    double highest = 0;

    void add(double value) {
        lowest = lowest == 0 ? value : std::min(lowest, value);
        highest = std::max(highest, value);
    }
    [[nodiscard]] bool isOne() const { return highest - lowest <= SameFactor * highest; }
    [[nodiscard]] double middle() const { return (lowest + highest) / 2; }
};

SliceScale scaleOf(const Range& rows, const Range& columns, double tolerance) {
    SliceScale scale;
    scale.isExact = false;
    if (rows.isOne() && columns.isOne()) {
        scale.lowest = scale.highest =
            rows.middle() * (columns.highest == 0 ? 1 : columns.middle());
        if (std::abs(scale.lowest - 1) > 2 * tolerance)
            scale.kind = SliceScale::Kind::Tensor;
        else
            scale.lowest = scale.highest = 1;
        return scale;
    }
    const bool byRows = columns.highest == 0 || columns.isOne();
    const Range& varying = byRows ? rows : columns;
    const Range& other = byRows ? columns : rows;
    const double factor = other.highest == 0 ? 1 : other.middle();
    scale.kind = byRows ? SliceScale::Kind::Rows : SliceScale::Kind::Columns;
    scale.lowest = varying.lowest * factor;
    scale.highest = varying.highest * factor;
    return scale;
}

/// A vector is looked for as one row: its values are the columns.
Result<ParameterTrace> traceVector(TensorRows& teacher,
                                   TensorRows& student,
                                   const SliceView& view,
                                   double tolerance) {
    auto ours = student.floats(0, view.studentRows);
    auto theirs = teacher.floats(0, view.teacherRows);
    if (!ours || !theirs)
        return std::unexpected((ours ? theirs : ours).error());
    ParameterTrace trace;
    trace.foreign = true;
    ScaledRowSearch search(tolerance);
    std::vector<ScaledRowSearch::Found> found;
    if (search.add(*ours) >= 0)
        search.look(*theirs, found);
    if (found.size() != 1)
        return trace;
    trace.foreign = false;
    std::vector<float> unscaled(ours->begin(), ours->end());
    for (float& value : unscaled)
        value = static_cast<float>(value / found.front().factor);
    for (VectorMatch& one : matchVectors(unscaled, *theirs, 1, 3 * tolerance, MatchBy::Value))
        trace.rows.push_back(std::move(one.fit));
    Range factor;
    factor.add(found.front().factor);
    trace.scale = scaleOf(factor, {}, tolerance);
    return trace;
}

} // namespace

double toleranceOf(DType rounding) {
    switch (rounding) {
    case DType::BF16:
        return 0x1p-8;
    case DType::F16:
        return 0x1p-11;
    default:
        return 1e-5;
    }
}

Result<ParameterTrace> traceScaled(TensorRows& teacher,
                                   TensorRows& student,
                                   const SliceView& view,
                                   DType rounding,
                                   std::stop_token stop) {
    const double tolerance = toleranceOf(rounding);
    if (view.columnAxis < 0 && view.inner == 1)
        return traceVector(teacher, student, view, tolerance);
    ParameterTrace trace;
    Columns columns;
    Range columnFactors;
    double factor = 1;
    if (view.columnAxis >= 0) {
        auto anchors = findAnchors(teacher, student, tolerance, stop);
        if (!anchors)
            return std::unexpected(anchors.error());
        if (anchors->empty()) {
            trace.foreign = true;
            return trace;
        }
        std::ranges::sort(*anchors, {}, &Anchor::factor);
        factor = (*anchors)[anchors->size() / 2].factor;
        auto traced = traceColumns(teacher, student, view, *anchors, tolerance);
        if (!traced)
            return std::unexpected(traced.error());
        columns = std::move(*traced);
        for (std::size_t i = 0; i < columns.fits.size(); ++i)
            if (isSure(columns.fits[i]))
                columnFactors.add(columns.factors[i]);
    }
    const auto most = std::clamp(
        MostSamples / static_cast<std::size_t>(std::max(view.teacherRows, view.studentRows)),
        std::size_t{8},
        SampledPositions);
    const Sample sample = sampleOf(view, columns, most);
    if (sample.student.empty()) {
        trace.foreign = true;
        return trace;
    }
    auto rows = traceRows(teacher, student, sample, factor, tolerance, stop);
    if (!rows)
        return std::unexpected(rows.error());
    Range rowFactors;
    for (VectorMatch& one : *rows) {
        if (isSure(one.fit))
            rowFactors.add(one.factor * factor);
        trace.rows.push_back(std::move(one.fit));
    }
    trace.columns = std::move(columns.fits);
    trace.foreign = rowFactors.highest == 0;
    trace.scale = scaleOf(rowFactors, columnFactors, tolerance);
    return trace;
}

} // namespace heirloom
