// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/checkpoint/hdf5/Hdf5Handle.h"

namespace heirloom {

/// A new HDF5 type, little endian, for elements of `dtype`. BF16 and 8-bit floats, which HDF5
/// lacks, become whole numbers of their size.
/// \pre dtype is not Unsupported; hdf5Mutex() is held
[[nodiscard]] Hdf5Handle hdf5TypeOf(DType dtype);

/// Name of the attribute that tells BF16 and 8-bit floats from whole numbers; its value is
/// dtypeName().
inline constexpr const char* hdf5TypeAttribute = "dtype";

} // namespace heirloom
