// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heirloom {

/// A tensor's elements as float32 bit patterns (integers and halves converted), by row of a
/// SliceView.
class TensorRows {
public:
    /// \param rowSize elements a row; the tensor has rows × rowSize elements
    TensorRows(const Checkpoint& checkpoint,
               const TensorInfo& tensor,
               std::int64_t rows,
               std::int64_t rowSize);

    /// Makes rows [first, last) ready and returns their elements, valid until the next call. A
    /// tensor that is small enough is read once and kept.
    [[nodiscard]] Result<std::span<const std::uint32_t>> block(std::int64_t first,
                                                               std::int64_t last);
    /// Rows that one block may hold.
    [[nodiscard]] std::int64_t blockRows() const { return m_blockRows; }
    [[nodiscard]] std::int64_t rows() const { return m_rows; }
    [[nodiscard]] std::int64_t rowSize() const { return m_rowSize; }

private:
    const Checkpoint* m_checkpoint;
    const TensorInfo* m_tensor;
    std::int64_t m_rows;
    std::int64_t m_rowSize;
    std::int64_t m_blockRows;
    std::int64_t m_first = 0; ///< rows [m_first, m_last) are in m_values
    std::int64_t m_last = 0;
    std::vector<std::uint32_t> m_values;
    std::vector<std::byte> m_bytes;
};

} // namespace heirloom
