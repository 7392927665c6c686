// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// Each dataset of plain numbers is a tensor, named by its path without the first slash. Only what
/// lies in this file itself: links to other places or files, external and virtual storage, and
/// filters outside the library are noted and left alone, as are strings and compounds. The HDF5
/// library, which crashes on damaged files, runs in a process of its own (heirloom-hdf5-reader)
/// with Limit::Hdf5Memory and Limit::Hdf5Seconds; its crash is an Error. One process per
/// Checkpoint, for as long as that lives. Elements that lie in the file as they are, are read
/// without it.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openHdf5(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
