// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// Each dataset of plain numbers is a tensor, named by its path without the first slash. Only what
/// lies in this file itself: links to other places or files, external and virtual storage, and
/// filters outside the library are noted and left alone, as are strings and compounds.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openHdf5(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
