// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/TensorRows.h"

#include <algorithm>
#include <cstring>

namespace heirloom {
namespace {

constexpr std::int64_t BlockElements = 2 << 20; ///< 8 MiB of float32
constexpr std::int64_t KeptElements = 8 << 20;  ///< 32 MiB: a tensor up to this size is read once

} // namespace

TensorRows::TensorRows(const Checkpoint& checkpoint,
                       const TensorInfo& tensor,
                       std::int64_t rows,
                       std::int64_t rowSize)
    : m_checkpoint(&checkpoint), m_tensor(&tensor), m_rows(rows), m_rowSize(rowSize) {
    // Rows of the file are rows of the view unless axes of size 1 stand before them; then there is
    // one row to read.
    const bool byRow = !tensor.shape.empty() && tensor.shape[0] == rows;
    const bool whole = !byRow || rows * rowSize <= KeptElements;
    m_blockRows =
        whole ? rows
              : std::max<std::int64_t>(1, BlockElements / std::max<std::int64_t>(rowSize, 1));
}

Result<std::span<const std::uint32_t>> TensorRows::block(std::int64_t first, std::int64_t last) {
    if (first < m_first || last > m_last) {
        const bool whole = m_blockRows == m_rows;
        const std::int64_t from = whole ? 0 : first;
        const std::int64_t to = whole ? m_rows : last;
        const std::int64_t elements = (to - from) * m_rowSize;
        m_bytes.resize(static_cast<std::size_t>(elements * dtypeSize(m_tensor->dtype)));
        const std::int64_t fileRows = m_tensor->shape.empty() ? 1 : m_tensor->shape[0];
        auto done = m_checkpoint->readRows(
            *m_tensor, whole ? 0 : from, whole ? fileRows : to - from, m_bytes);
        if (!done)
            return std::unexpected(done.error());
        m_values.resize(static_cast<std::size_t>(elements));
        if (m_tensor->dtype == DType::F32) {
            std::memcpy(m_values.data(), m_bytes.data(), m_bytes.size());
        } else {
            std::vector<float> floats(m_values.size());
            toFloats(m_tensor->dtype, m_bytes, floats);
            std::memcpy(m_values.data(), floats.data(), floats.size() * sizeof(float));
        }
        if (whole)
            m_bytes = {};
        m_first = from;
        m_last = to;
    }
    return std::span<const std::uint32_t>(m_values).subspan(
        static_cast<std::size_t>((first - m_first) * m_rowSize),
        static_cast<std::size_t>((last - first) * m_rowSize));
}

} // namespace heirloom
