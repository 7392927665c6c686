// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ParameterTrace.h"

#include "core/analysis/RowSearch.h"
#include "core/analysis/ScaledRowSearch.h"
#include "core/analysis/ScaledTrace.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>

namespace heirloom {
namespace {

constexpr std::size_t MostFits = 16;
constexpr int AnchorRows = 8;

/// Fits of each student slice, by a 64-bit hash of the slice's elements. Two slices with one hash
/// are taken for equal: a chance of about 10^-12 even for the largest tensors.
class SliceIndex {
public:
    void addStudent(std::uint64_t hash) {
        const auto [found, isNew] = m_groups.try_emplace(hash, m_fits.size());
        if (isNew)
            m_fits.emplace_back();
        m_groupOf.push_back(found->second);
    }

    void addTeacher(std::uint64_t hash, std::int64_t index) {
        const auto found = m_groups.find(hash);
        if (found == m_groups.end() || m_fits[found->second].anything)
            return;
        Fit& fit = m_fits[found->second];
        fit.teachers.push_back(index);
        if (fit.teachers.size() > MostFits)
            fit = {{}, true};
    }

    [[nodiscard]] std::vector<Fit> fits() const {
        std::vector<Fit> result;
        result.reserve(m_groupOf.size());
        for (const std::size_t group : m_groupOf)
            result.push_back(m_fits[group]);
        return result;
    }

private:
    std::unordered_map<std::uint64_t, std::size_t> m_groups;
    std::vector<Fit> m_fits;
    std::vector<std::size_t> m_groupOf;
};

std::uint64_t mix(std::uint64_t hash, std::uint32_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
    return hash ^ (hash >> 29U);
}

/// Calls use(first row, elements) for each block of rows in order.
template <class Use> Status eachBlock(TensorRows& rows, std::stop_token stop, Use&& use) {
    for (std::int64_t first = 0; first < rows.rows(); first += rows.blockRows()) {
        if (stop.stop_requested())
            return fail({}, "stopped");
        auto block = rows.block(first, std::min(first + rows.blockRows(), rows.rows()));
        if (!block)
            return std::unexpected(block.error());
        use(first, *block);
    }
    return {};
}

struct Anchor {
    std::int64_t student = 0;
    std::int64_t teacher = 0;
};

struct Anchors {
    std::vector<Anchor> sure; ///< student rows whose values lie in exactly one teacher row
    bool foreign = false; ///< no row that was looked for was found, or there was none to look for
                          ///< and no element was found
};

/// Whether any of a few of the student's values occurs in the teacher's tensor: all that can be
/// asked of a tensor of constant rows.
Result<bool> sharesElements(TensorRows& teacher,
                            std::span<const std::uint32_t> student,
                            std::stop_token stop) {
    std::vector<std::uint32_t> values(
        student.begin(),
        student.begin() +
            static_cast<std::ptrdiff_t>(std::min<std::size_t>(student.size(), 4'096)));
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    bool shared = false;
    auto done = eachBlock(teacher, stop, [&](std::int64_t, std::span<const std::uint32_t> block) {
        shared = shared || std::ranges::any_of(block, [&](std::uint32_t value) {
                     return std::ranges::binary_search(values, value);
                 });
    });
    if (!done)
        return std::unexpected(done.error());
    return shared;
}

Result<Anchors> findAnchors(TensorRows& teacher, TensorRows& student, std::stop_token stop) {
    auto chosen = recognisableRows(student, AnchorRows);
    if (!chosen)
        return std::unexpected(chosen.error());
    RowSearch search;
    std::vector<Anchor> anchors;
    for (const std::int64_t row : *chosen) {
        auto values = student.block(row, row + 1);
        if (!values)
            return std::unexpected(values.error());
        search.add(*values);
        anchors.push_back({row, -1});
    }
    if (anchors.empty()) {
        auto values = student.block(0, std::min(student.rows(), student.blockRows()));
        if (!values)
            return std::unexpected(values.error());
        auto shared = sharesElements(teacher, *values, stop);
        if (!shared)
            return std::unexpected(shared.error());
        return Anchors{{}, !*shared};
    }
    std::vector<int> hits(anchors.size(), 0);
    std::vector<int> found;
    const auto size = static_cast<std::size_t>(teacher.rowSize());
    auto done =
        eachBlock(teacher, stop, [&](std::int64_t first, std::span<const std::uint32_t> block) {
            for (std::size_t row = 0; (row + 1) * size <= block.size(); ++row) {
                found.clear();
                search.look(block.subspan(row * size, size), found);
                for (const int number : found) {
                    anchors[static_cast<std::size_t>(number)].teacher =
                        first + static_cast<std::int64_t>(row);
                    ++hits[static_cast<std::size_t>(number)];
                }
            }
        });
    if (!done)
        return std::unexpected(done.error());
    Anchors result;
    result.foreign = std::ranges::all_of(hits, [](int count) { return count == 0; });
    for (std::size_t i = 0; i < anchors.size(); ++i)
        if (hits[i] == 1)
            result.sure.push_back(anchors[i]);
    return result;
}

/// Hash of each column over the rows given, all inner elements included.
std::vector<std::uint64_t> columnHashes(const std::vector<std::vector<std::uint32_t>>& rows,
                                        std::int64_t columns,
                                        std::int64_t inner) {
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(columns), 1);
    for (const std::vector<std::uint32_t>& row : rows)
        for (std::size_t column = 0; column < hashes.size(); ++column)
            for (std::int64_t i = 0; i < inner; ++i)
                hashes[column] = mix(
                    hashes[column],
                    row[column * static_cast<std::size_t>(inner) + static_cast<std::size_t>(i)]);
    return hashes;
}

Result<std::vector<std::vector<std::uint32_t>>> rowsAt(TensorRows& tensor,
                                                       const std::vector<Anchor>& anchors,
                                                       std::int64_t Anchor::* side) {
    std::vector<std::vector<std::uint32_t>> rows;
    for (const Anchor& anchor : anchors) {
        auto row = tensor.block(anchor.*side, anchor.*side + 1);
        if (!row)
            return std::unexpected(row.error());
        rows.emplace_back(row->begin(), row->end());
    }
    return rows;
}

std::int64_t foundIn(const std::vector<Fit>& fits) {
    return std::ranges::count_if(
        fits, [](const Fit& fit) { return fit.anything || !fit.teachers.empty(); });
}

Result<std::vector<Fit>> traceColumns(TensorRows& teacher,
                                      TensorRows& student,
                                      const SliceView& view,
                                      const std::vector<Anchor>& anchors) {
    auto studentRows = rowsAt(student, anchors, &Anchor::student);
    auto teacherRows = rowsAt(teacher, anchors, &Anchor::teacher);
    if (!studentRows || !teacherRows)
        return std::unexpected((studentRows ? teacherRows : studentRows).error());
    SliceIndex index;
    for (const std::uint64_t hash : columnHashes(*studentRows, view.studentColumns, view.inner))
        index.addStudent(hash);
    std::int64_t column = 0;
    for (const std::uint64_t hash : columnHashes(*teacherRows, view.teacherColumns, view.inner))
        index.addTeacher(hash, column++);
    return index.fits();
}

/// A wrong anchor (rows of few values, repeated all over) spoils the columns of all anchors
/// together: then the best single one counts.
Result<std::vector<Fit>> traceColumnsByBestAnchors(TensorRows& teacher,
                                                   TensorRows& student,
                                                   const SliceView& view,
                                                   const std::vector<Anchor>& anchors) {
    auto best = traceColumns(teacher, student, view, anchors);
    if (!best || 2 * foundIn(*best) >= view.studentColumns)
        return best;
    for (const Anchor& anchor : anchors) {
        auto single = traceColumns(teacher, student, view, {anchor});
        if (!single)
            return single;
        if (foundIn(*single) > foundIn(*best))
            best = std::move(single);
    }
    return best;
}

/// Rows by the hash of their elements in those columns of which the teacher's is known.
Result<std::vector<Fit>> traceRows(TensorRows& teacher,
                                   TensorRows& student,
                                   const SliceView& view,
                                   const std::vector<Fit>& columns,
                                   std::stop_token stop) {
    std::vector<std::int64_t> studentAt;
    std::vector<std::int64_t> teacherAt;
    for (std::int64_t column = 0; column < view.studentColumns; ++column) {
        const Fit* fit = view.columnAxis < 0 ? nullptr : &columns[static_cast<std::size_t>(column)];
        if (fit && (fit->anything || fit->teachers.size() != 1))
            continue;
        for (std::int64_t i = 0; i < view.inner; ++i) {
            studentAt.push_back(column * view.inner + i);
            teacherAt.push_back((fit ? fit->teachers.front() : column) * view.inner + i);
        }
    }
    if (studentAt.empty())
        return std::vector<Fit>{};
    const auto hashOf = [](std::span<const std::uint32_t> row,
                           const std::vector<std::int64_t>& positions) {
        std::uint64_t hash = 1;
        for (const std::int64_t at : positions)
            hash = mix(hash, row[static_cast<std::size_t>(at)]);
        return hash;
    };
    SliceIndex index;
    const auto studentSize = static_cast<std::size_t>(student.rowSize());
    auto done = eachBlock(student, stop, [&](std::int64_t, std::span<const std::uint32_t> block) {
        for (std::size_t row = 0; (row + 1) * studentSize <= block.size(); ++row)
            index.addStudent(hashOf(block.subspan(row * studentSize, studentSize), studentAt));
    });
    if (!done)
        return std::unexpected(done.error());
    const auto teacherSize = static_cast<std::size_t>(teacher.rowSize());
    done = eachBlock(teacher, stop, [&](std::int64_t first, std::span<const std::uint32_t> block) {
        for (std::size_t row = 0; (row + 1) * teacherSize <= block.size(); ++row)
            index.addTeacher(hashOf(block.subspan(row * teacherSize, teacherSize), teacherAt),
                             first + static_cast<std::int64_t>(row));
    });
    if (!done)
        return std::unexpected(done.error());
    return index.fits();
}

/// One comparison, bit for bit, of the student with the teacher as it is converted now.
Result<ParameterTrace> traceExactly(TensorRows& teacher,
                                    TensorRows& student,
                                    const SliceView& view,
                                    std::stop_token stop) {
    ParameterTrace trace;
    if (view.columnAxis >= 0) {
        auto anchors = findAnchors(teacher, student, stop);
        if (!anchors)
            return std::unexpected(anchors.error());
        trace.foreign = anchors->foreign;
        if (anchors->sure.empty())
            return trace;
        auto columns = traceColumnsByBestAnchors(teacher, student, view, anchors->sure);
        if (!columns)
            return std::unexpected(columns.error());
        trace.columns = std::move(*columns);
    }
    auto rows = traceRows(teacher, student, view, trace.columns, stop);
    if (!rows)
        return std::unexpected(rows.error());
    trace.rows = std::move(*rows);
    if (view.columnAxis < 0) // a vector has single values, which may be met by chance
        trace.foreign = 2 * foundIn(trace.rows) < view.studentRows;
    return trace;
}

} // namespace

Result<std::vector<std::int64_t>> recognisableRows(TensorRows& student, int count) {
    constexpr std::int64_t MostTries = 16; // rows of a stretch that are all zero are passed over
    std::vector<std::int64_t> chosen;
    const std::int64_t stretches = std::min<std::int64_t>(count, student.rows());
    for (std::int64_t i = 0; i < stretches; ++i) {
        const std::int64_t first = i * student.rows() / stretches;
        const std::int64_t last = std::min((i + 1) * student.rows() / stretches, first + MostTries);
        for (std::int64_t row = first; row < last; ++row) {
            auto values = student.block(row, row + 1);
            if (!values)
                return std::unexpected(values.error());
            if (!rowsToSearch(*values, 1, student.rowSize(), 1).empty()) {
                chosen.push_back(row);
                break;
            }
        }
    }
    return chosen;
}

std::vector<float> publishedFactors(const SliceView& view) {
    std::vector<float> factors;
    const auto add = [&](double ratio) {
        for (const double factor : {std::sqrt(ratio), ratio, std::sqrt(1 / ratio), 1 / ratio})
            if (factor != 1 &&
                std::ranges::find(factors, static_cast<float>(factor)) == factors.end())
                factors.push_back(static_cast<float>(factor));
    };
    add(static_cast<double>(view.teacherColumns) / static_cast<double>(view.studentColumns));
    add(static_cast<double>(view.teacherRows) / static_cast<double>(view.studentRows));
    return factors;
}

Result<DType> roundingOf(TensorRows& student) {
    if (student.dtype() == DType::BF16 || student.dtype() == DType::F16)
        return student.dtype();
    constexpr std::int64_t Enough = 4'096;
    constexpr std::size_t FewestValues = 48; // ones and zeros are of every dtype
    const std::int64_t rows = std::clamp<std::int64_t>(
        Enough / std::max<std::int64_t>(student.rowSize(), 1), 1, student.rows());
    auto block = student.block(0, std::min(rows, student.blockRows()));
    if (!block)
        return std::unexpected(block.error());
    std::vector<std::uint32_t> values(
        block->begin(), block->begin() + std::min<std::ptrdiff_t>(std::ssize(*block), Enough));
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values.size() < FewestValues ? DType::F32 : roundedTo(values);
}

Result<ParameterTrace> traceParameter(TensorRows& teacher,
                                      TensorRows& student,
                                      const SliceView& view,
                                      std::stop_token stop) {
    auto rounding = roundingOf(student);
    if (!rounding)
        return std::unexpected(rounding.error());
    // The teacher's own values may be as coarse: then rounding leaves them as they are.
    const bool rounds = *rounding != DType::F32 && teacher.dtype() != *rounding;
    const auto exactly = [&](const Conversion& conversion) {
        teacher.convert(conversion);
        auto trace = traceExactly(teacher, student, view, stop);
        if (trace && rounds)
            trace->scale.rounding = *rounding;
        return trace;
    };
    auto trace = exactly({1, *rounding});
    if (!trace || !trace->foreign)
        return trace;
    const double tolerance = toleranceOf(*rounding);
    if (ScaledRowSearch::canTell(
            std::max(view.teacherRowSize(),
                     view.teacherColumns == 1 ? view.teacherRows : std::int64_t{1}),
            tolerance)) {
        teacher.convert({});
        auto scaled = traceScaled(teacher, student, view, *rounding, stop);
        if (!scaled || !scaled->foreign)
            return scaled;
    } else {
        for (const float factor : publishedFactors(view)) {
            auto scaled = exactly({factor, *rounding});
            if (scaled && !scaled->foreign) {
                scaled->scale.kind = SliceScale::Kind::Tensor;
                scaled->scale.lowest = scaled->scale.highest = static_cast<double>(factor);
            }
            if (!scaled || !scaled->foreign)
                return scaled;
        }
    }
    return trace;
}

} // namespace heirloom
