// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// The files that an index names (see ShardIndex.h) as one checkpoint: "safetensors-sharded" or
/// "pytorch-sharded", tensors in the order of the shards. Every shard's list of tensors is read,
/// and its data when it is asked for; a few files are held open at once.
///
/// Refused: shards outside the folder, missing, of another format; tensors that the index promises
/// and the shard lacks; a tensor in two shards.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openShards(
    const ByteSource& index, const std::filesystem::path& path, const OpenOptions& options);

} // namespace heirloom
