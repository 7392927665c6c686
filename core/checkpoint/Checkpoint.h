// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/NameIndex.h"
#include "core/checkpoint/OpenOptions.h"
#include "core/checkpoint/StateDict.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// A read-only file (or folder of files) of named tensors. All names, dtypes and shapes are known
/// once it is open; data is read when asked for. Safe to use from many threads.
class Checkpoint {
public:
    virtual ~Checkpoint() = default;

    /// "safetensors", "safetensors-sharded", "pytorch-sharded", "pytorch-zip", "pytorch-legacy",
    /// "hdf5", "npy", "npz", "gguf", "memory".
    [[nodiscard]] const std::string& format() const { return m_format; }
    /// Empty for a checkpoint in memory.
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// Every file that the data is read from: path(), or the shards and their index.
    [[nodiscard]] virtual std::vector<std::filesystem::path> files() const;
    /// In the file's order, names as a state dict has them: the nest's key and wrapper prefixes
    /// taken off (see notes()).
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return m_tensors; }
    [[nodiscard]] const TensorInfo* find(std::string_view name) const;
    /// What a user should know: "read from 'state_dict'", "prefix 'module.' taken off", "2
    /// quantised tensors not read".
    [[nodiscard]] const std::vector<std::string>& notes() const { return m_notes; }
    /// Strings stored beside the tensors (safetensors `__metadata__`); Heirloom's own keys start
    /// with "heirloom.".
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    /// The state dicts that the file holds, the opened one among them; empty where there is no
    /// choice. OpenOptions::nest takes another.
    [[nodiscard]] const std::vector<NestChoice>& nests() const { return m_nests; }
    /// The opened one's path; empty for the whole file.
    [[nodiscard]] const std::string& nest() const { return m_nest; }
    /// Prefixes that stand before every name, or before every name of the larger part, and could be
    /// taken off ("backbone."); OpenOptions::prefix does it.
    [[nodiscard]] const std::vector<std::string>& prefixes() const { return m_prefixes; }
    /// What was taken off ("module."); empty for nothing.
    [[nodiscard]] const std::string& prefix() const { return m_prefix; }

    /// Rows [firstRow, firstRow + rowCount) along the first axis, row-major little endian, into
    /// `out`. A scalar is one row. \pre `tensor` is one of tensors(), supported; `out` has exactly
    /// rowCount rows' bytes
    [[nodiscard]] virtual Status readRows(const TensorInfo& tensor,
                                          std::int64_t firstRow,
                                          std::int64_t rowCount,
                                          std::span<std::byte> out) const = 0;

    /// Bytes [first, first + out.size()) of the same, so that a row wider than memory can be read
    /// in parts where the file allows it. \pre `tensor` as above; the bytes are the tensor's
    [[nodiscard]] virtual Status readBytes(const TensorInfo& tensor,
                                           std::int64_t first,
                                           std::span<std::byte> out) const;

    [[nodiscard]] Result<HostTensor> read(const TensorInfo& tensor) const;
    /// An Error when there is no such tensor.
    [[nodiscard]] Result<HostTensor> read(std::string_view name) const;
    [[nodiscard]] Result<StateDict> readAll() const;

protected:
    /// Readers fill these and call index() once.
    /// \return the first tensor whose name an earlier one has already; null when there is none
    const TensorInfo* index();

    std::string m_format;
    std::filesystem::path m_path;
    std::vector<TensorInfo> m_tensors;
    std::vector<std::string> m_notes;
    std::map<std::string, std::string> m_metadata;
    std::vector<NestChoice> m_nests;
    std::string m_nest;
    std::vector<std::string> m_prefixes;
    std::string m_prefix;

private:
    NameIndex m_index;
};

/// Opens a file by its content, never by its ending. Reads names, dtypes and shapes; no tensor
/// data.
/// \return an Error that names file, byte offset or tensor, the rule, what was expected and found,
/// and what to do
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openCheckpoint(
    const std::filesystem::path& path, const OpenOptions& options = {});

/// A state dict in memory behind the same door.
[[nodiscard]] std::shared_ptr<const Checkpoint> memoryCheckpoint(
    StateDict tensors, std::map<std::string, std::string> metadata = {});
/// The same without a copy.
[[nodiscard]] std::shared_ptr<const Checkpoint> memoryCheckpoint(
    std::shared_ptr<const StateDict> tensors, std::map<std::string, std::string> metadata = {});

/// Seen through a shared pointer that keeps nothing alive: for a call that `value` outlives.
template <class T> [[nodiscard]] std::shared_ptr<const T> borrowed(const T& value) {
    return {std::shared_ptr<const void>(), &value};
}

} // namespace heirloom
