// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <filesystem>
#include <optional>
#include <string>

namespace heirloom {

/// The checkpoint that a folder holds: a file, or the index of its shards. Of those that
/// transformers writes side by side (`model.safetensors`, `pytorch_model.bin`, or their indices)
/// the one that it would load; of others the only one, by their endings. Folders inside are not
/// looked into.
/// \return nothing where there is none; an Error that lists them when there are several
[[nodiscard]] Result<std::optional<std::filesystem::path>> checkpointInFolder(
    const std::filesystem::path& folder);

/// Where `name`, a base name, really lies when it is asked for in `folder`: there, or, since the
/// hub's cache keeps links to its blobs, `blobs/` of the same cache.
/// \return an Error when it is missing, no regular file, or a link to elsewhere
[[nodiscard]] Result<std::filesystem::path> fileInFolder(const std::filesystem::path& folder,
                                                         const std::string& name);

} // namespace heirloom
