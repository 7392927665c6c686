// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// torch.save since 1.6: a zip of stored records, `<root>/data.pkl` and `<root>/data/<key>`; or
/// torch.jit.save, whose modules are read as their attributes and whose code is passed over.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openPyTorchZip(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

/// torch.save before 1.6: five pickles in a row (magic number, protocol, system, object, storage
/// keys), then each storage as a count and its elements.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openPyTorchLegacy(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

/// torch.save of PyTorch 0.1: a tar of pickles and raw numbers, `sys`, `storages`, `tensors`,
/// `pickle`.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openPyTorchTar(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
