// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/CheckpointWriter.h"

namespace heirloom {

// One writer a format, behind writeCheckpoint(), which has checked that names and metadata are
// UTF-8 and that each tensor's bytes fit its shape.

/// Header padded with spaces to a multiple of 8 bytes; data ordered by element size, the largest
/// first, so that every tensor is aligned.
[[nodiscard]] Status writeSafetensors(const std::filesystem::path& path,
                                      const StateDict& tensors,
                                      const Metadata& metadata);

/// As torch.save writes a collections.OrderedDict: stored records, each on a multiple of 64 bytes,
/// zip64 where it must be.
[[nodiscard]] Status writePyTorchZip(const std::filesystem::path& path,
                                     const StateDict& tensors,
                                     const Metadata& metadata);

/// One dataset a tensor, in the order given; a slash in a name makes a group. Built in memory, then
/// written as one file: HDF5's own writing neither survives a full disk nor a killed program.
[[nodiscard]] Status writeHdf5(const std::filesystem::path& path,
                               const StateDict& tensors,
                               const Metadata& metadata);

} // namespace heirloom
