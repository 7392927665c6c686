// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/StoredTensor.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heirloom {

/// What a reader found in a file, before it is checked.
struct StoredContents {
    std::string format; ///< see Checkpoint::format()
    std::filesystem::path path;
    std::vector<TensorInfo> tensors;
    std::vector<StoredTensor>
        stored; ///< one for each of `tensors`; of no use where the dtype is Unsupported
    std::vector<std::string> notes;
    std::map<std::string, std::string> metadata;
    std::string nest = {};              ///< see Checkpoint::nest()
    std::vector<NestChoice> nests = {}; ///< see Checkpoint::nests()
};

/// A checkpoint whose tensors lie uncompressed in one file.
///
/// Takes prefixes off the names (see NamePrefix.h), checks names, their number and the metadata
/// against the limits and every view against its stored bytes, and keeps tensors that would need
/// far more memory than the file has bytes (a stride of 0 repeats elements) as unsupported.
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> storedCheckpoint(
    std::shared_ptr<const ByteSource> source,
    StoredContents contents,
    const OpenOptions& options = {});

} // namespace heirloom
