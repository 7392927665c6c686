// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

namespace heirloom {

/// Makes HDF5 read from an open descriptor by pread, whatever name it is told to open. It opens one
/// file once: links to other files and virtual datasets find nothing.
/// \return a property list for H5Fopen; negative when the library refuses
[[nodiscard]] hid_t descriptorAccess(int descriptor);

} // namespace heirloom
