// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/StoredCheckpoint.h"
#include "core/checkpoint/pytorch/PickleContainers.h"
#include "core/checkpoint/pytorch/PickledTensor.h"

#include <functional>
#include <memory>

namespace heirloom {

/// Where the bytes of a storage lie; an Error when the file has none under its key or they are of
/// another size.
using StorageFinder = std::function<Result<StoredBytes>(const PickledStorage&)>;

/// From the pickle of a torch file to a checkpoint: finds the state dict, resolves its storages,
/// notes ties and what cannot be read. `contents` brings format, path, metadata and notes so far.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> torchCheckpoint(
    std::shared_ptr<const ByteSource> source,
    const PickleContainers& containers,
    const StorageFinder& findStorage,
    StoredContents contents,
    const OpenOptions& options);

} // namespace heirloom
