// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heirloom {

/// What is done to elements as they are read: times a factor, then rounded to a narrower dtype and
/// back. So a teacher in float32 is seen as its copy in half precision.
struct Conversion {
    float factor = 1;
    DType rounding = DType::F32; ///< F16, BF16, or F32: as it is

    bool operator==(const Conversion&) const = default;
};

/// A tensor's elements as float32 bit patterns (integers and halves converted), by row of a
/// SliceView.
class TensorRows {
public:
    /// \param rowSize elements a row; rows × rowSize elements of the tensor are looked at
    /// \param firstRow of the tensor's first axis where only a stretch of it is looked at
    TensorRows(const Checkpoint& checkpoint,
               const TensorInfo& tensor,
               std::int64_t rows,
               std::int64_t rowSize,
               std::int64_t firstRow = 0);

    /// Elements are read through `conversion` from here on.
    void convert(const Conversion& conversion);

    /// Makes rows [first, last) ready and returns their elements, valid until the next call. A
    /// tensor that is small enough is read once and kept.
    [[nodiscard]] Result<std::span<const std::uint32_t>> block(std::int64_t first,
                                                               std::int64_t last);
    /// block() as numbers.
    [[nodiscard]] Result<std::span<const float>> floats(std::int64_t first, std::int64_t last);
    /// Rows that one block may hold.
    [[nodiscard]] std::int64_t blockRows() const { return m_blockRows; }
    [[nodiscard]] std::int64_t rows() const { return m_rows; }
    [[nodiscard]] std::int64_t rowSize() const { return m_rowSize; }
    [[nodiscard]] DType dtype() const { return m_tensor->dtype; }

private:
    [[nodiscard]] Status load(std::int64_t fileFirst, std::int64_t fileRows);

    const Checkpoint* m_checkpoint;
    const TensorInfo* m_tensor;
    std::int64_t m_rows;
    std::int64_t m_rowSize;
    std::int64_t m_firstRow;
    std::int64_t m_blockRows;
    Conversion m_conversion;
    std::int64_t m_first = 0; ///< rows [m_first, m_last) are in m_values
    std::int64_t m_last = 0;
    std::vector<float> m_values;
};

/// The narrowest of BF16, F16 and F32 that holds all of these values: what they were once rounded
/// to, whatever dtype they are stored in now.
[[nodiscard]] DType roundedTo(std::span<const std::uint32_t> values);

} // namespace heirloom
