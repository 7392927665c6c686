// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/AtomicFile.h"
#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/StateDict.h"
#include "core/checkpoint/TensorBlocks.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

enum class CheckpointFormat { Safetensors, PyTorchZip, Hdf5 };

/// By the path's ending: .safetensors; .pth .pt .bin; .h5 .hdf5. An Error that lists these for any
/// other.
[[nodiscard]] Result<CheckpointFormat> formatForPath(const std::filesystem::path& path);
[[nodiscard]] std::string_view formatName(CheckpointFormat format);

using Metadata = std::map<std::string, std::string>;

/// Key of the metadata that holds the SHA-256 of each tensor's row-major, little-endian bytes: a
/// JSON object of name to lower-case hex. With more than 50,000 tensors one hash of all those
/// hashes' bytes in their order instead.
inline constexpr std::string_view hashesKey = "heirloom.sha256";

struct WriteOptions {
    Metadata metadata;
    bool hashes = false; ///< keep those of hashesKey in the metadata
    /// Of tensor data in one file; more becomes shards and an index beside them, in Hugging Face's
    /// form. 0: one file. Safetensors only.
    std::uint64_t maxShardBytes = 0;
    PassOptions pass; ///< `sha256` is taken from `hashes`, `crc` from the format
    FileOperations* files = &systemFiles();
};

/// A file that will be written, and which of the source's tensors it holds.
struct PlannedFile {
    std::filesystem::path path;
    std::span<const TensorInfo> tensors;
};

/// `path` itself, or "model-00001-of-00003.safetensors" and so on for "model.safetensors": tensors
/// in their order, a file as full as the limit lets it be; a tensor beyond the limit is alone in
/// its file. Written with more than one file: indexPath(), too.
[[nodiscard]] std::vector<PlannedFile> plannedFiles(const std::filesystem::path& path,
                                                    CheckpointFormat format,
                                                    std::span<const TensorInfo> tensors,
                                                    std::uint64_t maxShardBytes);
/// "model.safetensors.index.json".
[[nodiscard]] std::filesystem::path indexPath(const std::filesystem::path& path);

/// What that metadata is for these tensors.
[[nodiscard]] std::string hashesText(std::span<const TensorInfo> tensors,
                                     std::span<const TensorDigest> digests);

/// A file that is written but for its name.
struct StagedFile {
    AtomicFile file;
    std::span<const TensorInfo> tensors; ///< of the source
    std::vector<TensorDigest> digests;   ///< of what was handed to the disk
    Metadata metadata;                   ///< as written
};

/// A checkpoint that is whole under temporary names, so that it can be looked at before it takes
/// the place of an older one. Removed again unless commit() is called.
class StagedCheckpoint {
public:
    StagedCheckpoint(std::vector<StagedFile> files, std::optional<AtomicFile> index)
        : m_files(std::move(files)), m_index(std::move(index)) {}
    [[nodiscard]] const std::vector<StagedFile>& files() const { return m_files; }
    /// Of shards; null for one file.
    [[nodiscard]] const AtomicFile* index() const { return m_index ? &*m_index : nullptr; }
    /// All of them flushed to disk, then all renamed, the index last.
    [[nodiscard]] Status commit();

private:
    std::vector<StagedFile> m_files;
    std::optional<AtomicFile> m_index;
};

/// Reads the source block by block and writes it through AtomicFile; memory does not depend on its
/// size. Safetensors keeps the metadata in `__metadata__`, the PyTorch zip in the record
/// `heirloom.json` (torch.load passes over it), HDF5 in attributes of the root. Each is read back
/// bit-exact by safetensors, torch.load(weights_only=True), h5py.
/// \pre the source outlives what is staged
[[nodiscard]] Result<StagedCheckpoint> stageCheckpoint(const std::filesystem::path& path,
                                                       CheckpointFormat format,
                                                       const Checkpoint& source,
                                                       const WriteOptions& options = {});

/// stageCheckpoint() and commit().
[[nodiscard]] Status writeCheckpoint(const std::filesystem::path& path,
                                     CheckpointFormat format,
                                     const Checkpoint& source,
                                     const WriteOptions& options = {});
/// The same of a state dict.
[[nodiscard]] Status writeCheckpoint(const std::filesystem::path& path,
                                     CheckpointFormat format,
                                     const StateDict& tensors,
                                     const Metadata& metadata = {});

} // namespace heirloom
