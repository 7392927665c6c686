// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/archive/ZipDirectory.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// One array (`.npy`), named after its file. Records and Python objects are listed as unsupported
/// and never unpickled.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openNpy(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

/// Whether a zip holds arrays only, as np.savez writes it.
[[nodiscard]] bool isNpz(const ZipDirectory& directory);

/// The arrays of a zip, stored or compressed, under the names of their records without `.npy`.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openNpz(
    std::shared_ptr<const ByteSource> source,
    const ZipDirectory& directory,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
