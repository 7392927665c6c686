// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/AtomicFile.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/checkpoint/TensorBlocks.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace heirloom {

/// What one file is to hold.
struct FileContents {
    std::span<const TensorInfo> tensors;
    Metadata metadata;
    bool hashes = false; ///< also those of hashMetadata()

    /// `metadata`, with the hashes where they are wanted. Without digests zeros stand in their
    /// place, so that the text has its final length before a byte of data is known.
    [[nodiscard]] Metadata metadataWith(std::span<const TensorDigest> digests) const;
};

/// Writes every tensor's bytes at its place in the file, one place for each of
/// FileContents::tensors, and tells what they were.
using WriteTensors =
    std::function<Result<std::vector<TensorDigest>>(std::span<const std::uint64_t> places)>;

// One writer a format, behind stageCheckpoint(), which has checked that names and metadata are
// UTF-8. Each lays the whole file out from names, dtypes and shapes, has the tensors written, and
// then writes what is known only now. \return what the tensors' bytes were

/// Header padded with spaces to a multiple of 8 bytes; data ordered by element size, the largest
/// first, so that every tensor is aligned.
[[nodiscard]] Result<std::vector<TensorDigest>> writeSafetensors(AtomicFile& file,
                                                                 const FileContents& contents,
                                                                 const WriteTensors& write);

/// As torch.save writes a collections.OrderedDict: stored records, each on a multiple of 64 bytes,
/// zip64 where it must be.
[[nodiscard]] Result<std::vector<TensorDigest>> writePyTorchZip(AtomicFile& file,
                                                                const FileContents& contents,
                                                                const WriteTensors& write);

/// One dataset a tensor, in the order given; a slash in a name makes a group. The library lays the
/// file out in memory and never writes to the disk: that neither survives a full one nor a killed
/// program.
[[nodiscard]] Result<std::vector<TensorDigest>> writeHdf5(AtomicFile& file,
                                                          const FileContents& contents,
                                                          const WriteTensors& write);

} // namespace heirloom
