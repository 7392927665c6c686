// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace heirloom {

/// Path of heirloom-hdf5-reader: $HEIRLOOM_HDF5_READER, beside this program, or
/// ../libexec/heirloom from there. An Error that says where it was looked for.
[[nodiscard]] Result<std::string> findHdf5Program();

/// What the program is given: they become its descriptors of hdf5wire, and it gets no others.
struct Hdf5Descriptors {
    int socket;
    int file;
    int window;
};

/// Runs `words[0]` with the rest as its arguments and next to no environment; standard input,
/// output and error lead nowhere. \return the process, to be waited for
[[nodiscard]] Result<pid_t> launchHdf5Program(const std::vector<std::string>& words,
                                              Hdf5Descriptors descriptors);

} // namespace heirloom
