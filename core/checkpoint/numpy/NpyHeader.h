// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/base/Error.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace heirloom {

/// What stands before the elements of a `.npy` array.
struct NpyHeader {
    DType dtype = DType::Unsupported; ///< of what is no plain number: Unsupported
    std::string type;                 ///< as written: "<f4"; "structured" for records
    Shape shape;
    bool isFortran = false; ///< the first axis varies fastest
    bool isBigEndian = false;
    std::uint64_t dataBegin = 0; ///< bytes before the elements
};

/// Reads versions 1 to 3. The dictionary is parsed as the literal that NumPy writes, never
/// evaluated. Source: numpy/lib/format.py
[[nodiscard]] Result<NpyHeader> readNpyHeader(const ByteSource& source,
                                              std::uint64_t begin,
                                              std::uint64_t size,
                                              const std::string& where);

/// The dictionary alone: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
[[nodiscard]] Result<NpyHeader> parseNpyDictionary(std::string_view text, const std::string& where);

} // namespace heirloom
