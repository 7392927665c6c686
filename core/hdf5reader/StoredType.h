// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <hdf5.h>

namespace heirloom {

/// The element type of stored numbers: IEEE floats of 2, 4, 8 bytes, whole numbers of 1 to 8,
/// h5py's truth values (an enumeration of FALSE and TRUE). Unsupported for anything else.
[[nodiscard]] DType dtypeOfHdf5(hid_t type);

} // namespace heirloom
