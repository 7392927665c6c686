// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Gather.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>

namespace heirloom {
namespace {

constexpr std::int64_t kPieceBytes = 8 << 20;
/// A read call costs about as much as copying this much: smaller gaps are read over.
constexpr std::int64_t kGapBytes = 16 << 10;

/// How one selected row is copied: for each outer offset, for each inner offset, one unit of bytes.
///
/// Trailing axes that are kept whole are part of the unit ([kH, kW] of a convolution), the last
/// axis that is picked gives the inner offsets, all axes between the first and that one the outer
/// offsets.
class RowPattern {
public:
    RowPattern(const TensorInfo& tensor, const std::vector<IndexList>& axes) {
        m_unit = static_cast<std::size_t>(dtypeSize(tensor.dtype));
        std::size_t axis = tensor.shape.size();
        std::int64_t stride = dtypeSize(tensor.dtype);
        for (; axis > 1 && !axes[axis - 1]; --axis)
            stride *= tensor.shape[axis - 1];
        m_unit = static_cast<std::size_t>(stride);
        m_outer = {0};
        if (axis <= 1) {
            m_inner = {0};
        } else {
            for (const auto index : *axes[axis - 1])
                m_inner.push_back(static_cast<std::size_t>(index * stride));
            stride *= tensor.shape[axis - 1];
            for (--axis; axis > 1; --axis) {
                widen(axes[axis - 1], tensor.shape[axis - 1], stride);
                stride *= tensor.shape[axis - 1];
            }
        }
        findRuns();
    }

    [[nodiscard]] std::size_t rowBytes() const { return m_outer.size() * m_inner.size() * m_unit; }

    void copyRow(const std::byte* row, std::byte* out) const {
        for (const auto outer : m_outer)
            out = copyLine(row + outer, out);
    }

private:
    struct Run {
        std::size_t offset;
        std::size_t bytes;
    };

    /// Puts an axis in front of the outer offsets.
    void widen(const IndexList& indices, std::int64_t size, std::int64_t stride) {
        const auto count = indices ? static_cast<std::int64_t>(indices->size()) : size;
        std::vector<std::size_t> wider;
        wider.reserve(m_outer.size() * static_cast<std::size_t>(count));
        for (std::int64_t i = 0; i < count; ++i)
            for (const auto inner : m_outer)
                wider.push_back(
                    static_cast<std::size_t>(
                        (indices ? (*indices)[static_cast<std::size_t>(i)] : i) * stride) +
                    inner);
        m_outer = std::move(wider);
    }

    void findRuns() {
        for (const auto offset : m_inner) {
            if (!m_runs.empty() && m_runs.back().offset + m_runs.back().bytes == offset)
                m_runs.back().bytes += m_unit;
            else
                m_runs.push_back({offset, m_unit});
        }
        // Runs pay once they are a few units long; single elements are moved faster one by one.
        m_useRuns = m_runs.size() * 4 <= m_inner.size() ||
                    (m_unit != 1 && m_unit != 2 && m_unit != 4 && m_unit != 8);
    }

    std::byte* copyLine(const std::byte* line, std::byte* out) const {
        if (m_useRuns) {
            for (const auto& run : m_runs) {
                std::memcpy(out, line + run.offset, run.bytes);
                out += run.bytes;
            }
            return out;
        }
        switch (m_unit) {
        case 1:
            return copyUnits<1>(line, out);
        case 2:
            return copyUnits<2>(line, out);
        case 4:
            return copyUnits<4>(line, out);
        default:
            return copyUnits<8>(line, out);
        }
    }

    template <std::size_t Size> std::byte* copyUnits(const std::byte* line, std::byte* out) const {
        for (const auto offset : m_inner) {
            std::memcpy(out, line + offset, Size); // a plain move of a known size
            out += Size;
        }
        return out;
    }

    std::size_t m_unit = 0;
    std::vector<std::size_t> m_outer;
    std::vector<std::size_t> m_inner;
    std::vector<Run> m_runs;
    bool m_useRuns = false;
};

/// How many selected rows from `first` on are read in one piece.
std::size_t pieceEnd(const std::vector<std::int64_t>& rows,
                     std::size_t first,
                     std::int64_t rowBytes) {
    std::size_t end = first + 1;
    while (end < rows.size() && rows[end] >= rows[end - 1] &&
           (rows[end] - rows[first] + 1) * rowBytes <= kPieceBytes &&
           (rows[end] - rows[end - 1] - 1) * rowBytes <= kGapBytes)
        ++end;
    return end;
}

} // namespace

Result<HostTensor> gather(const Checkpoint& checkpoint,
                          const TensorInfo& tensor,
                          const std::vector<IndexList>& axes,
                          std::vector<std::byte>& block,
                          const std::stop_token& stop) {
    assert(axes.size() == tensor.shape.size());
    if (dtypeSize(tensor.dtype) == 0)
        return fail(tensor.name, "its dtype cannot be read, so it cannot be inherited");
    Shape shape = tensor.shape;
    for (std::size_t axis = 0; axis < axes.size(); ++axis)
        if (axes[axis])
            shape[axis] = static_cast<std::int64_t>(axes[axis]->size());
    auto made = HostTensor::zeros(tensor.dtype, shape);
    if (made.bytes.empty())
        return made;

    const RowPattern pattern(tensor, axes);
    const std::int64_t teacherRows = tensor.shape.empty() ? 1 : tensor.shape[0];
    const std::int64_t rowBytes = tensor.bytes() / teacherRows;
    std::vector<std::int64_t> rows;
    if (!axes.empty() && axes[0]) {
        rows = *axes[0];
    } else {
        for (std::int64_t row = 0; row < teacherRows; ++row)
            rows.push_back(row);
    }
    assert(made.bytes.size() == rows.size() * pattern.rowBytes());
    std::byte* out = made.bytes.data();
    for (std::size_t first = 0; first < rows.size();) {
        if (stop.stop_requested())
            return fail(tensor.name, "stopped");
        const auto end = pieceEnd(rows, first, rowBytes);
        const std::int64_t count = rows[end - 1] - rows[first] + 1;
        const auto bytes = static_cast<std::size_t>(count * rowBytes);
        if (block.size() < bytes)
            block.resize(bytes);
        if (auto read =
                checkpoint.readRows(tensor, rows[first], count, std::span(block).first(bytes));
            !read)
            return std::unexpected(read.error());
        for (std::size_t i = first; i < end; ++i) {
            pattern.copyRow(block.data() + (rows[i] - rows[first]) * rowBytes, out);
            out += pattern.rowBytes();
        }
        first = end;
    }
    return made;
}

} // namespace heirloom
