// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <filesystem>
#include <memory>

namespace heirloom {

/// Lists a GGUF file of version 2 or 3: keys and values, tensors, data. Numbers as they are (F64,
/// F32, F16, BF16, I8 to I64) are read; quantised blocks are listed as unsupported. Shapes are
/// row-major, the reverse of the file's; short values become metadata.
/// Source: github.com/ggml-org/ggml, docs/gguf.md
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openGguf(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options);

} // namespace heirloom
