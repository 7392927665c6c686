// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/selection/SelectionPlan.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace heirloom {

/// One tensor's selection, worked out once and read row by row as often as wanted:
/// out[i, j, ...] = tensor[axes[0][i], axes[1][j], ...], bytes moved unchanged.
///
/// Only rows that are selected are read, neighbours (and rows with small gaps between them) in one
/// piece. Safe to use from many threads, each with a block of its own.
class RowGather {
public:
    /// \param tensor outlives this object; its dtype can be read
    /// \param axes one list an axis of the tensor; null keeps the whole axis
    RowGather(const TensorInfo& tensor, std::vector<IndexList> axes);
    RowGather(RowGather&&) noexcept;
    RowGather& operator=(RowGather&&) noexcept;
    ~RowGather();

    /// Of what is selected.
    [[nodiscard]] const Shape& shape() const { return m_shape; }
    /// Along the first axis; a scalar is one row.
    [[nodiscard]] std::int64_t rowCount() const;
    [[nodiscard]] std::size_t rowBytes() const;

    /// Selected rows [firstRow, firstRow + rowCount) into `out`, which has just their bytes.
    /// \param block the buffer that rows are read into, kept by the caller for the next call
    /// \return an Error from the reader, or "stopped" when `stop` was asked for between two pieces
    [[nodiscard]] Status read(const Checkpoint& checkpoint,
                              std::int64_t firstRow,
                              std::int64_t rowCount,
                              std::span<std::byte> out,
                              std::vector<std::byte>& block,
                              const std::stop_token& stop = {}) const;

private:
    class RowPattern;

    [[nodiscard]] std::int64_t sourceRow(std::int64_t row) const;
    /// One past the last selected row that is read together with `first`.
    [[nodiscard]] std::int64_t pieceEnd(std::int64_t first, std::int64_t end) const;

    /// Whether these are neighbours in the tensor, none of them twice.
    [[nodiscard]] bool isRun(std::int64_t first, std::int64_t end) const;

    const TensorInfo* m_tensor;
    std::vector<IndexList> m_axes;
    Shape m_shape;
    std::int64_t m_readBytes = 0; ///< of one row of the tensor
    std::unique_ptr<const RowPattern> m_pattern;
};

/// All of a RowGather's rows.
[[nodiscard]] Result<HostTensor> gather(const Checkpoint& checkpoint,
                                        const TensorInfo& tensor,
                                        const std::vector<IndexList>& axes,
                                        std::vector<std::byte>& block,
                                        const std::stop_token& stop = {});

} // namespace heirloom
