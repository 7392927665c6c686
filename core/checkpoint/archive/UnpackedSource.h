// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/archive/ZipDirectory.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace heirloom {

/// A zip file followed by its compressed records as if they were stored behind it, one after the
/// other: so a tensor in one of them has a place like every other.
///
/// A record is unpacked as far as it is read, piece by piece, and never kept: reading on costs what
/// is read, going back costs at most a few megabytes of unpacking. Its checksum is compared when
/// its end is reached. Safe to use from many threads.
class UnpackedSource : public ByteSource {
public:
    /// Where the record begins in this source. \pre its method is 8 (deflate)
    virtual std::uint64_t add(const ZipEntry& entry) = 0;
};

[[nodiscard]] std::shared_ptr<UnpackedSource> unpackedSource(
    std::shared_ptr<const ByteSource> file);

} // namespace heirloom
