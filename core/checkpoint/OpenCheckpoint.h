// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// openCheckpoint for bytes from anywhere. HDF5 files must lie on disk, since the HDF5 library
/// opens them itself.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openCheckpointBytes(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path = {},
    const OpenOptions& options = {});

} // namespace heirloom
