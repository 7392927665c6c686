// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Limits.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Which file of a checkpoint in parts holds which tensor: `model.safetensors.index.json`,
/// `pytorch_model.bin.index.json`. Source: transformers, `modeling_utils.py`.
struct ShardIndex {
    struct Promise {
        std::string tensor;
        std::uint32_t shard = 0; ///< place in `shards`
    };
    std::vector<std::string> shards; ///< base names, in their order
    std::vector<Promise> promises;   ///< in the order of the tensors' names, each once
};

/// Reads the object `weight_map` of strings; what else the file says is passed over. A shard is a
/// base name: nothing that leads out of the folder.
[[nodiscard]] Result<ShardIndex> parseShardIndex(std::string_view text,
                                                 const std::string& where,
                                                 const Limits& limits = {});

} // namespace heirloom
