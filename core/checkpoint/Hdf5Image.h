// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <hdf5.h>

#include <cstddef>
#include <string>
#include <vector>

namespace heirloom {

/// The bytes of an open HDF5 file, as they would lie on disk once it is closed. Made for files of
/// the core driver without backing store, so that a whole file can go through AtomicFile. \pre
/// hdf5Mutex() is held
[[nodiscard]] Result<std::vector<std::byte>> hdf5Image(hid_t file, const std::string& where);

} // namespace heirloom
