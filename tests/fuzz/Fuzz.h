// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/checkpoint/Checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

/// What libFuzzer calls with bytes of its own making; Replay.cpp, with those of a file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace heirloom::fuzz {

inline std::shared_ptr<const ByteSource> source(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    return memorySource({bytes.begin(), bytes.end()});
}

/// Reads all that an opened checkpoint offers; an Error is as good as an answer. Much more than the
/// file holds is not unfolded: StoredCheckpoint allows views of up to 64 MiB, which are slow here.
inline void readSome(const Result<std::shared_ptr<const Checkpoint>>& opened) {
    if (!opened)
        return;
    constexpr std::int64_t most = std::int64_t{1} << 20;
    for (const TensorInfo& tensor : (*opened)->tensors())
        if (tensor.dtype != DType::Unsupported && tensor.bytes() <= most)
            static_cast<void>((*opened)->read(tensor));
}

} // namespace heirloom::fuzz
