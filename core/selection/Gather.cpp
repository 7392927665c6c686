// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Gather.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>

namespace heirloom {
namespace {

/// What stays in a core's own cache until it is picked from.
constexpr std::int64_t kPieceBytes = 512 << 10;
/// A read call costs about as much as copying this much: smaller gaps are read over.
constexpr std::int64_t kGapBytes = 16 << 10;

} // namespace

/// How one selected row is copied: for each outer offset, for each inner offset, one unit of bytes.
///
/// Trailing axes that are kept whole are part of the unit ([kH, kW] of a convolution), the last
/// axis that is picked gives the inner offsets, all axes between the first and that one the outer
/// offsets.
class RowGather::RowPattern {
public:
    RowPattern(const TensorInfo& tensor, const std::vector<IndexList>& axes) {
        m_unit = static_cast<std::size_t>(dtypeSize(tensor.dtype));
        std::size_t axis = tensor.shape.size();
        std::int64_t stride = dtypeSize(tensor.dtype);
        for (; axis > 1 && !axes[axis - 1]; --axis)
            stride *= tensor.shape[axis - 1];
        m_unit = static_cast<std::size_t>(stride);
        m_outer = {0};
        m_isWhole = axis <= 1;
        if (m_isWhole) {
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

    /// Every element of a row, in order.
    [[nodiscard]] bool isWhole() const { return m_isWhole; }
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
        m_isEverySecond = std::ranges::adjacent_find(m_inner, [&](std::size_t a, std::size_t b) {
                              return b != a + 2 * m_unit;
                          }) == m_inner.end();
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
        // Kept apart from the members, which the compiler takes to change with every byte written.
        const std::size_t count = m_inner.size();
        if (m_isEverySecond) { // half the width is common, and vector instructions do it
            line += m_inner.front();
            for (std::size_t i = 0; i < count; ++i)
                std::memcpy(out + i * Size, line + 2 * i * Size, Size);
            return out + count * Size;
        }
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
    bool m_isEverySecond = false; ///< the inner offsets are two units apart
    bool m_isWhole = false;
};

RowGather::RowGather(const TensorInfo& tensor, std::vector<IndexList> axes)
    : m_tensor(&tensor), m_axes(std::move(axes)), m_shape(tensor.shape) {
    assert(m_axes.size() == tensor.shape.size() && dtypeSize(tensor.dtype) > 0);
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis)
        if (m_axes[axis])
            m_shape[axis] = static_cast<std::int64_t>(m_axes[axis]->size());
    const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
    m_readBytes = rows > 0 ? tensor.bytes() / rows : 0;
    m_pattern = std::make_unique<const RowPattern>(tensor, m_axes);
}

RowGather::RowGather(RowGather&&) noexcept = default;
RowGather& RowGather::operator=(RowGather&&) noexcept = default;
RowGather::~RowGather() = default;

std::int64_t RowGather::rowCount() const { return m_shape.empty() ? 1 : m_shape[0]; }

std::size_t RowGather::rowBytes() const { return m_pattern->rowBytes(); }

std::int64_t RowGather::sourceRow(std::int64_t row) const {
    return m_axes.empty() || !m_axes[0] ? row : (*m_axes[0])[static_cast<std::size_t>(row)];
}

std::int64_t RowGather::pieceEnd(std::int64_t first, std::int64_t end) const {
    std::int64_t at = first + 1;
    while (at < end && sourceRow(at) >= sourceRow(at - 1) &&
           (sourceRow(at) - sourceRow(first) + 1) * m_readBytes <= kPieceBytes &&
           (sourceRow(at) - sourceRow(at - 1) - 1) * m_readBytes <= kGapBytes)
        ++at;
    return at;
}

bool RowGather::isRun(std::int64_t first, std::int64_t end) const {
    for (std::int64_t row = first + 1; row < end; ++row)
        if (sourceRow(row) != sourceRow(row - 1) + 1)
            return false;
    return true;
}

Status RowGather::read(const Checkpoint& checkpoint,
                       std::int64_t firstRow,
                       std::int64_t rowCount,
                       std::span<std::byte> out,
                       std::vector<std::byte>& block,
                       const std::stop_token& stop) const {
    assert(out.size() == static_cast<std::size_t>(rowCount) * rowBytes());
    if (out.empty())
        return {};
    std::byte* to = out.data();
    const std::int64_t last = firstRow + rowCount;
    for (std::int64_t first = firstRow; first < last;) {
        if (stop.stop_requested())
            return fail(m_tensor->name, "stopped");
        const std::int64_t end = pieceEnd(first, last);
        const std::int64_t begin = sourceRow(first);
        const std::int64_t count = sourceRow(end - 1) - begin + 1;
        const auto bytes = static_cast<std::size_t>(count * m_readBytes);
        if (m_pattern->isWhole() && isRun(first, end)) {
            // Nothing to pick: straight to where it belongs.
            if (auto read = checkpoint.readRows(*m_tensor, begin, count, {to, bytes}); !read)
                return read;
            to += bytes;
        } else {
            if (block.size() < bytes)
                block = std::vector<std::byte>(bytes); // nothing of the old one is wanted
            if (auto read =
                    checkpoint.readRows(*m_tensor, begin, count, std::span(block).first(bytes));
                !read)
                return read;
            for (std::int64_t row = first; row < end; ++row) {
                m_pattern->copyRow(block.data() + (sourceRow(row) - begin) * m_readBytes, to);
                to += rowBytes();
            }
        }
        first = end;
    }
    return {};
}

Result<HostTensor> gather(const Checkpoint& checkpoint,
                          const TensorInfo& tensor,
                          const std::vector<IndexList>& axes,
                          std::vector<std::byte>& block,
                          const std::stop_token& stop) {
    if (dtypeSize(tensor.dtype) == 0)
        return fail(tensor.name, "its dtype cannot be read, so it cannot be inherited");
    const RowGather rows(tensor, axes);
    auto made = HostTensor::zeros(tensor.dtype, rows.shape());
    if (auto read = rows.read(checkpoint, 0, rows.rowCount(), made.bytes, block, stop); !read)
        return std::unexpected(read.error());
    return made;
}

} // namespace heirloom
