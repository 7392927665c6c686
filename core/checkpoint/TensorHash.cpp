// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TensorHash.h"

#include "core/base/Sha256.h"

#include <algorithm>
#include <new>

namespace heirloom {

Result<std::string> tensorSha256(const Checkpoint& checkpoint,
                                 const TensorInfo& tensor,
                                 std::stop_token stop) {
    constexpr std::int64_t blockBytes = std::int64_t{4} << 20;
    if (tensor.dtype == DType::Unsupported)
        return fail(tensor.name, "tensors of this kind are listed but cannot be read");
    try {
        Sha256 hash;
        const std::int64_t size = tensor.bytes();
        std::vector<std::byte> block(static_cast<std::size_t>(std::min(size, blockBytes)));
        for (std::int64_t at = 0; at < size; at += blockBytes) {
            if (stop.stop_requested())
                return fail(tensor.name, "stopped");
            const auto part =
                std::span(block).first(static_cast<std::size_t>(std::min(blockBytes, size - at)));
            if (auto read = checkpoint.readBytes(tensor, at, part); !read)
                return std::unexpected(read.error());
            hash.update(part);
        }
        return hash.hex();
    } catch (const std::bad_alloc&) {
        return fail(tensor.name, "there is not enough memory for its rows");
    }
}

} // namespace heirloom
