// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>

namespace heirloom {

/// Held around every use of the HDF5 library: Debian builds it safe for threads, others do not.
[[nodiscard]] std::mutex& hdf5Mutex();

} // namespace heirloom
