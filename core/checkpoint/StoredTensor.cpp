// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/StoredTensor.h"

#include "core/base/Crc32.h"

#include <algorithm>
#include <cstring>

namespace heirloom {
namespace {

constexpr std::size_t mostAxes = 64;

/// One row of a tensor: its size, where the next one begins, whether it lies together in row-major
/// order.
struct Row {
    std::int64_t elements = 1;
    std::int64_t stride = 0; ///< elements from one row to the next
    bool isTogether = true;
};

Row rowOf(const Shape& shape, const std::vector<std::int64_t>& strides) {
    Row row;
    for (std::size_t axis = shape.size(); axis > 1; --axis) {
        const std::int64_t size = shape[axis - 1];
        if (!strides.empty() && size != 1 && strides[axis - 1] != row.elements)
            row.isTogether = false;
        row.elements *= size;
    }
    row.stride = strides.empty() ? row.elements : strides.front();
    return row;
}

void swapBytes(std::span<std::byte> bytes, std::size_t elementSize) {
    for (std::size_t i = 0; i + elementSize <= bytes.size(); i += elementSize)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                     bytes.begin() + static_cast<std::ptrdiff_t>(i + elementSize));
}

/// Copies a strided block into row-major order; `block` starts at its first element. An odometer
/// over the outer axes, a tight loop over the last.
template <std::size_t ElementSize>
void gather(const std::byte* block,
            const Shape& shape,
            const std::vector<std::int64_t>& strides,
            std::byte* out) {
    const std::size_t last = shape.size() - 1;
    std::vector<std::int64_t> at(shape.size(), 0);
    std::int64_t position = 0;
    while (true) {
        for (std::int64_t i = 0; i < shape[last]; ++i, out += ElementSize)
            std::memcpy(out,
                        block +
                            (position + i * strides[last]) * static_cast<std::int64_t>(ElementSize),
                        ElementSize);
        std::size_t axis = last;
        while (axis > 0) {
            --axis;
            position += strides[axis];
            if (++at[axis] < shape[axis])
                break;
            position -= strides[axis] * shape[axis];
            at[axis] = 0;
            if (axis == 0)
                return;
        }
        if (last == 0)
            return;
    }
}

void gather(std::size_t elementSize,
            const std::byte* block,
            const Shape& shape,
            const std::vector<std::int64_t>& strides,
            std::byte* out) {
    switch (elementSize) {
    case 1:
        return gather<1>(block, shape, strides, out);
    case 2:
        return gather<2>(block, shape, strides, out);
    case 4:
        return gather<4>(block, shape, strides, out);
    default:
        return gather<8>(block, shape, strides, out);
    }
}

} // namespace

Status checkStoredTensor(const TensorInfo& info, const StoredTensor& stored) {
    if (info.shape.size() > mostAxes)
        return fail(info.name,
                    "the tensor has {} axes; more than {} are not read",
                    info.shape.size(),
                    mostAxes);
    const bool isRowMajor = stored.strides.empty();
    if (!isRowMajor && stored.strides.size() != info.shape.size())
        return fail(info.name,
                    "the tensor has {} axes but {} strides",
                    info.shape.size(),
                    stored.strides.size());
    const auto elements = elementCount(info.shape);
    const std::int64_t elementSize = std::max<std::int64_t>(dtypeSize(info.dtype), 1);
    std::int64_t bytes = 0;
    if (!elements || __builtin_mul_overflow(*elements, elementSize, &bytes))
        return fail(info.name,
                    "the shape {} holds more elements than a number can count, or a negative size",
                    shapeText(info.shape));
    if (stored.offset < 0)
        return fail(info.name, "the storage offset {} is negative", stored.offset);
    std::int64_t last = stored.offset;
    if (isRowMajor && *elements > 0 && __builtin_add_overflow(last, *elements - 1, &last))
        return fail(info.name, "the storage offset {} is larger than any file", stored.offset);
    for (std::size_t axis = 0; axis < stored.strides.size(); ++axis) {
        const std::int64_t stride = stored.strides[axis];
        if (stride < 0)
            return fail(info.name, "the stride {} of axis {} is negative", stride, axis);
        std::int64_t reach = 0;
        if (*elements > 0 && (__builtin_mul_overflow(info.shape[axis] - 1, stride, &reach) ||
                              __builtin_add_overflow(last, reach, &last)))
            return fail(info.name,
                        "the stride {} of axis {} reaches beyond what a number can count",
                        stride,
                        axis);
    }
    if (*elements > 0 && static_cast<std::uint64_t>(last) >=
                             stored.storage.size / static_cast<std::uint64_t>(elementSize))
        return fail(info.name,
                    "its last element is number {} of a storage that holds {}",
                    last,
                    stored.storage.size / static_cast<std::uint64_t>(elementSize));
    return {};
}

Status readStoredRows(const ByteSource& source,
                      const TensorInfo& info,
                      const StoredTensor& stored,
                      std::int64_t firstRow,
                      std::int64_t rowCount,
                      std::span<std::byte> out) {
    const std::int64_t rows = info.shape.empty() ? 1 : info.shape.front();
    if (firstRow < 0 || rowCount < 0 || firstRow > rows || rowCount > rows - firstRow)
        return fail(info.name,
                    "there are no rows {} to {}; the tensor has {}",
                    firstRow,
                    firstRow + rowCount,
                    rows);
    const auto elementSize = static_cast<std::size_t>(dtypeSize(info.dtype));
    const Row row = rowOf(info.shape, stored.strides);
    const std::size_t rowBytes = static_cast<std::size_t>(row.elements) * elementSize;
    if (out.size() != rowBytes * static_cast<std::size_t>(rowCount))
        return fail(info.name,
                    "{} rows have {} bytes, but there is room for {}",
                    rowCount,
                    rowBytes * static_cast<std::size_t>(rowCount),
                    out.size());
    if (out.empty())
        return {};

    const std::int64_t first = stored.offset + firstRow * row.stride;
    const auto byteAt = [&](std::int64_t element) {
        return stored.storage.begin + static_cast<std::uint64_t>(element) * elementSize;
    };

    if (row.isTogether && (rowCount == 1 || row.stride == row.elements)) {
        if (auto done = source.readAt(byteAt(first), out); !done)
            return done;
        const bool isWhole = first == 0 && out.size() == stored.storage.size;
        if (isWhole && stored.storage.crc != 0 && crc32(out) != stored.storage.crc)
            return std::unexpected(Error{info.name,
                                         "the stored bytes do not match their checksum (CRC-32)",
                                         "The file is damaged; get it again"});
    } else if (row.isTogether) {
        for (std::int64_t i = 0; i < rowCount; ++i)
            if (auto done =
                    source.readAt(byteAt(first + i * row.stride),
                                  out.subspan(static_cast<std::size_t>(i) * rowBytes, rowBytes));
                !done)
                return done;
    } else {
        Shape shape = info.shape;
        shape.front() = rowCount;
        std::int64_t extent = 1;
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            extent += (shape[axis] - 1) * stored.strides[axis];
        // Never more than the storage itself, whose bytes are known to be in the file.
        std::vector<std::byte> block(static_cast<std::size_t>(extent) * elementSize);
        if (auto done = source.readAt(byteAt(first), block); !done)
            return done;
        gather(elementSize, block.data(), shape, stored.strides, out.data());
    }
    if (stored.storage.bigEndian)
        swapBytes(out, elementSize);
    return {};
}

} // namespace heirloom
