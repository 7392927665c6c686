// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Hdf5Handle.h"
#include "core/checkpoint/TensorInfo.h"

namespace heirloom {

/// The element type of stored numbers: IEEE floats of 2, 4, 8 bytes, whole numbers of 1 to 8,
/// h5py's truth values (an enumeration of FALSE and TRUE). Unsupported for anything else. \pre
/// hdf5Mutex() is held
[[nodiscard]] DType dtypeOfHdf5(hid_t type);

/// A new HDF5 type, little endian, for elements of `dtype`. BF16 and 8-bit floats, which HDF5
/// lacks, become whole numbers of their size.
/// \pre dtype is not Unsupported; hdf5Mutex() is held
[[nodiscard]] Hdf5Handle hdf5TypeOf(DType dtype);

/// Name of the attribute that tells BF16 and 8-bit floats from whole numbers; its value is
/// dtypeName().
inline constexpr const char* hdf5TypeAttribute = "dtype";

} // namespace heirloom
