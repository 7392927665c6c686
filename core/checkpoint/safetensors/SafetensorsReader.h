// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// Reads the header of a safetensors file (8 bytes of length, JSON, data), by the rules of the
/// specification and no laxer. Offsets must cover the data without holes or overlaps. Source:
/// github.com/huggingface/safetensors, README, "Format".
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openSafetensors(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
