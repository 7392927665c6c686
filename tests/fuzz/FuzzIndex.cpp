// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/ShardIndex.h"
#include "tests/fuzz/Fuzz.h"

#include <cstdlib>

using namespace heirloom;

/// Any bytes as an index of shards: no name that is let through leads out of the folder.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto index =
        parseShardIndex({reinterpret_cast<const char*>(data), size}, "index", Limits());
    if (!index)
        return 0;
    for (const auto& shard : index->shards)
        if (shard.empty() || shard == "." || shard == ".." ||
            shard.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
            std::abort();
    for (const auto& promise : index->promises)
        if (promise.shard >= index->shards.size())
            std::abort();
    return 0;
}
