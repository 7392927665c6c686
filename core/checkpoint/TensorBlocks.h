// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Progress.h"
#include "core/base/QuickHash.h"
#include "core/checkpoint/Checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

/// How a pass over tensors goes about it.
struct PassOptions {
    bool crc = true;     ///< TensorDigest::crc, which stays 0 otherwise
    bool sha256 = false; ///< also TensorDigest::sha256
    bool quick = false;  ///< also TensorDigest::quick
    std::stop_token stop;
    Progress progress;
    double progressFrom = 0; ///< the part of the job that the pass is
    double progressTo = 1;
};

/// What a tensor's row-major, little-endian bytes are known by.
struct TensorDigest {
    std::uint32_t crc = 0;     ///< CRC-32, as zip files have it
    std::string sha256;        ///< lower-case hex; empty when not asked for
    QuickHash::Digest quick{}; ///< zeros when not asked for
    bool operator==(const TensorDigest&) const = default;
};

/// Takes a block of a tensor's bytes. Of one tensor the blocks come in order and from one thread,
/// other tensors between them from other threads, but never two at a time: two threads that write
/// to one file would only wait for each other in the system.
using BlockSink = std::function<Status(
    std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes)>;

/// Reads tensors of `source` by blocks of rows of some hundred kilobytes, the largest tensors
/// first, and hands each block on. Memory is two blocks a thread: it has two tensors under way,
/// because two hashes at once take little more time than one.
/// \param sink may be empty: only the digests are wanted
/// \return one digest a tensor; the first Error of the reader or the sink, or "stopped"
[[nodiscard]] Result<std::vector<TensorDigest>> passTensors(const Checkpoint& source,
                                                            std::span<const TensorInfo> tensors,
                                                            const PassOptions& options,
                                                            const BlockSink& sink = {});

} // namespace heirloom
