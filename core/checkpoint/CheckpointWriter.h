// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace heirloom {

enum class CheckpointFormat { Safetensors, PyTorchZip, Hdf5 };

/// By the path's ending: .safetensors; .pth .pt .bin; .h5 .hdf5. An Error that lists these for any
/// other.
[[nodiscard]] Result<CheckpointFormat> formatForPath(const std::filesystem::path& path);
[[nodiscard]] std::string_view formatName(CheckpointFormat format);

using Metadata = std::map<std::string, std::string>;

/// Writes `tensors` through AtomicFile: the old file stays until the new one is whole on disk.
/// Safetensors keeps `metadata` in `__metadata__`, the PyTorch zip in the record `heirloom.json`
/// (torch.load passes over it), HDF5 in attributes of the root. Each is read back bit-exact by
/// safetensors, torch.load(weights_only=True), h5py.
[[nodiscard]] Status writeCheckpoint(const std::filesystem::path& path,
                                     CheckpointFormat format,
                                     const StateDict& tensors,
                                     const Metadata& metadata = {});

} // namespace heirloom
