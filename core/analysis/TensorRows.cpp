// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/TensorRows.h"

#include "core/selection/FromFloats.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace heirloom {
namespace {

constexpr std::int64_t BlockElements = 2 << 20;   ///< 8 MiB of float32
constexpr std::int64_t KeptElements = 4 << 20;    ///< 16 MiB: a tensor up to this size is read once
constexpr std::int64_t PieceElements = 256 << 10; ///< read at once where bytes are no float32

void roundTo(DType dtype, std::span<float> values) {
    if (dtype == DType::BF16) {
        for (float& value : values) {
            const auto bits = std::bit_cast<std::uint32_t>(value);
            value = std::bit_cast<float>((bits + 0x7fffU + ((bits >> 16U) & 1U)) & 0xffff0000U);
        }
    } else if (dtype == DType::F16) {
        for (std::size_t first = 0; first < values.size();
             first += static_cast<std::size_t>(PieceElements)) {
            const auto piece = values.subspan(
                first, std::min(values.size() - first, static_cast<std::size_t>(PieceElements)));
            const HostTensor half =
                castFloats(HostTensor::fromFloats({std::ssize(piece)}, piece), DType::F16);
            toFloats(DType::F16, half.bytes, piece);
        }
    }
}

std::span<const std::uint32_t> asBits(std::span<const float> values) {
    static_assert(sizeof(float) == sizeof(std::uint32_t));
    return {reinterpret_cast<const std::uint32_t*>(values.data()), values.size()};
}

} // namespace

TensorRows::TensorRows(const Checkpoint& checkpoint,
                       const TensorInfo& tensor,
                       std::int64_t rows,
                       std::int64_t rowSize,
                       std::int64_t firstRow)
    : m_checkpoint(&checkpoint), m_tensor(&tensor), m_rows(rows), m_rowSize(rowSize),
      m_firstRow(firstRow) {
    // Rows of the file are rows of the view unless axes of size 1 stand before them; then there is
    // one row to read.
    const bool byRow = !tensor.shape.empty() && tensor.shape[0] > 0 &&
                       tensor.elements() == tensor.shape[0] * rowSize;
    const bool whole = !byRow || rows * rowSize <= KeptElements;
    m_blockRows =
        whole ? rows
              : std::max<std::int64_t>(1, BlockElements / std::max<std::int64_t>(rowSize, 1));
}

void TensorRows::convert(const Conversion& conversion) {
    if (conversion == m_conversion)
        return;
    m_conversion = conversion;
    m_first = m_last = 0;
}

Status TensorRows::load(std::int64_t fileFirst, std::int64_t fileRows) {
    const auto bytesOf = [&](std::span<float> values) { return std::as_writable_bytes(values); };
    const std::span<float> all(m_values);
    if (m_tensor->dtype == DType::F32) {
        auto done = m_checkpoint->readRows(*m_tensor, fileFirst, fileRows, bytesOf(all));
        if (!done)
            return done;
    } else {
        const std::int64_t elementsARow = std::ssize(m_values) / fileRows;
        const std::int64_t rowsAPiece =
            std::max<std::int64_t>(1, PieceElements / std::max<std::int64_t>(elementsARow, 1));
        std::vector<std::byte> bytes;
        for (std::int64_t row = 0; row < fileRows; row += rowsAPiece) {
            const std::int64_t count = std::min(rowsAPiece, fileRows - row);
            const auto values = all.subspan(static_cast<std::size_t>(row * elementsARow),
                                            static_cast<std::size_t>(count * elementsARow));
            bytes.resize(values.size() * static_cast<std::size_t>(dtypeSize(m_tensor->dtype)));
            auto done = m_checkpoint->readRows(*m_tensor, fileFirst + row, count, bytes);
            if (!done)
                return done;
            toFloats(m_tensor->dtype, bytes, values);
        }
    }
    if (m_conversion.factor != 1)
        for (float& value : all)
            value *= m_conversion.factor;
    roundTo(m_conversion.rounding, all);
    return {};
}

Result<std::span<const float>> TensorRows::floats(std::int64_t first, std::int64_t last) {
    if (first < m_first || last > m_last) {
        const bool whole = m_blockRows >= m_rows;
        const std::int64_t from = whole ? 0 : first;
        const std::int64_t to = whole ? m_rows : last;
        m_values.resize(static_cast<std::size_t>((to - from) * m_rowSize));
        m_first = m_last = 0;
        const std::int64_t fileRows = m_tensor->shape.empty() ? 1 : m_tensor->shape[0];
        // Axes of size 1 in front: the file has no rows of the view.
        const bool byRow = fileRows > 0 && m_tensor->elements() == fileRows * m_rowSize;
        if (auto done = byRow ? load(m_firstRow + from, to - from) : load(0, fileRows); !done)
            return std::unexpected(done.error());
        m_first = from;
        m_last = to;
    }
    return std::span<const float>(m_values).subspan(
        static_cast<std::size_t>((first - m_first) * m_rowSize),
        static_cast<std::size_t>((last - first) * m_rowSize));
}

Result<std::span<const std::uint32_t>> TensorRows::block(std::int64_t first, std::int64_t last) {
    auto values = floats(first, last);
    if (!values)
        return std::unexpected(values.error());
    return asBits(*values);
}

DType roundedTo(std::span<const std::uint32_t> values) {
    bool brain = true;
    bool half = true;
    for (const std::uint32_t bits : values) {
        const std::uint32_t exponent = bits >> 23U & 0xffU;
        brain = brain && (bits & 0xffffU) == 0;
        // Normal halves: 10 bits of fraction, exponents -14 to 15. Smaller ones lose bits.
        const bool tiny = exponent < 113;
        const std::uint32_t lost = tiny ? 126 - exponent : 13;
        half = half && ((bits & 0x7fffffffU) == 0 ||
                        (exponent >= 103 && exponent <= 142 &&
                         (lost >= 24 || (bits & ((1U << std::min(lost, 23U)) - 1U)) == 0)));
    }
    return brain ? DType::BF16 : half ? DType::F16 : DType::F32;
}

} // namespace heirloom
