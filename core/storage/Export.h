// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Progress.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/checkpoint/ConvertedCheckpoint.h"
#include "core/checkpoint/StateDict.h"
#include "core/selection/SelectionPlan.h"
#include "core/storage/Recipe.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

struct ExportOptions {
    std::filesystem::path path;
    CheckpointFormat format = CheckpointFormat::Safetensors;
    Metadata metadata;
    /// Of every floating-point tensor, converted as it is written; as it is unless given.
    std::optional<DType> dtype;
    std::uint64_t maxShardBytes = 0;              ///< see WriteOptions
    std::vector<std::filesystem::path> openFiles; ///< never written over
    bool digest = true; ///< fill ExportReport::sha256, which takes one more reading of the file
    FileOperations* files = &systemFiles();
};

/// What was written, as the re-reading found it.
struct ExportReport {
    std::uint64_t bytes = 0; ///< size of the file, or of all shards
    std::string sha256;      ///< of the file; empty when not asked for, or of several shards
    /// What was written: the path, or the shards and their index.
    std::vector<std::filesystem::path> files;
    std::int64_t tensors = 0;
    bool verified = false; ///< every tensor re-read, its hash as when it was written
    /// Values too large for ExportOptions::dtype, which became infinity, or 448 in F8_E4M3.
    std::vector<Overflow> overflows;
    /// Shards of the same name that lay in the folder before, of another count: no index names
    /// them.
    std::vector<std::filesystem::path> leftovers;
};

/// Writes the tensors to a new file, block by block, whole or not at all, each tensor's SHA-256
/// among the metadata (hashesKey). Before the file takes its name it is opened as anyone would and
/// read again, and every tensor's hash compared.
///
/// Memory does not depend on the size of what is written.
/// \return an Error when the path is an open file, the folder is missing or read-only, the disk too
/// full (nothing was overwritten then),
///         or a tensor differs after re-reading
[[nodiscard]] Result<ExportReport> exportStudent(const Checkpoint& weights,
                                                 const ExportOptions& options,
                                                 std::stop_token stop = {},
                                                 const Progress& progress = {});

/// "12 values of 2 tensors were too large and became infinity (65504 is the largest of F16)"; empty
/// for none. \param dtype that of the export
[[nodiscard]] std::string overflowText(const std::vector<Overflow>& overflows, DType dtype);

/// "4 shards of an earlier export are still there, the first of them a-00001-of-00004.safetensors";
/// empty for none.
[[nodiscard]] std::string leftoverText(const ExportReport& report);

/// The same of a state dict.
[[nodiscard]] Result<ExportReport> exportStudent(const StateDict& weights,
                                                 const ExportOptions& options,
                                                 std::stop_token stop = {},
                                                 const Progress& progress = {});

/// What lies beside the tensors: "heirloom.version", "heirloom.model" (canonicalName of the
/// student), "heirloom.teacher" (file name), "heirloom.recipe" (recipeText() on one line), and
/// "heirloom.fresh" (JSON list of the parameters that were drawn, with reason and seed).
[[nodiscard]] Metadata selectionMetadata(const SelectionPlan& plan, const Recipe& recipe);

} // namespace heirloom
