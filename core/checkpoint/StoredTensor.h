// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heirloom {

/// A run of bytes in a file that one or several tensors look into.
struct StoredBytes {
    std::uint64_t begin = 0; ///< byte offset in the file
    std::uint64_t size = 0;  ///< bytes
    std::uint32_t crc = 0;   ///< CRC-32 of the whole run; 0 where the file does not say
    bool bigEndian = false;
};

/// How a tensor looks into its stored bytes: PyTorch's strided view. All numbers count elements.
struct StoredTensor {
    StoredBytes storage;
    std::int64_t offset = 0;
    std::vector<std::int64_t> strides; ///< one an axis; none for row-major order without gaps
};

/// An Error unless every element of the view lies inside its stored bytes, with no arithmetic that
/// overflows.
[[nodiscard]] Status checkStoredTensor(const TensorInfo& info, const StoredTensor& stored);

/// Rows [firstRow, firstRow + rowCount) into `out`, in row-major order, little endian: one read
/// where the rows lie together, else gathered.
/// \pre checkStoredTensor has passed
[[nodiscard]] Status readStoredRows(const ByteSource& source,
                                    const TensorInfo& info,
                                    const StoredTensor& stored,
                                    std::int64_t firstRow,
                                    std::int64_t rowCount,
                                    std::span<std::byte> out);

} // namespace heirloom
