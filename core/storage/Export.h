// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Progress.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/checkpoint/StateDict.h"
#include "core/selection/SelectionPlan.h"
#include "core/storage/Recipe.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

struct ExportOptions {
    std::filesystem::path path;
    CheckpointFormat format = CheckpointFormat::Safetensors;
    Metadata metadata;
    std::vector<std::filesystem::path> openFiles; ///< never written over
    bool digest = true; ///< fill ExportReport::sha256: some 3 ms a megabyte
};

/// What was written, as the re-reading found it.
struct ExportReport {
    std::uint64_t bytes = 0; ///< size of the file
    std::string sha256;      ///< of the file; empty when not asked for
    std::int64_t tensors = 0;
    bool verified = false; ///< every tensor re-read and equal bit for bit
};

/// Writes the state dict to a new file, whole or not at all, then opens it and compares every
/// tensor bit by bit.
/// \return an Error when the path is an open file, the folder is missing or read-only, the disk too
/// full (nothing was overwritten then),
///         or a tensor differs after re-reading
[[nodiscard]] Result<ExportReport> exportStudent(const StateDict& weights,
                                                 const ExportOptions& options,
                                                 std::stop_token stop = {},
                                                 const Progress& progress = {});

/// What lies beside the tensors: "heirloom.version", "heirloom.model" (canonicalName of the
/// student), "heirloom.teacher" (file name), "heirloom.recipe" (recipeText() on one line), and
/// "heirloom.fresh" (JSON list of the parameters that were drawn, with reason and seed).
[[nodiscard]] Metadata selectionMetadata(const SelectionPlan& plan, const Recipe& recipe);

} // namespace heirloom
