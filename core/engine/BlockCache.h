// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Torch.h"

#include <c10/core/Allocator.h>

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// LibTorch's memory for tensors on the CPU, with large blocks kept for the next tensor of that
/// size.
///
/// Each training step asks for the same sizes again. Without a cache the blocks go back to the
/// system, and touching fresh pages costs up to half of the time of a convolutional net's step.
class BlockCache final : public c10::Allocator {
public:
    /// The one that serves this process; from the first call on LibTorch allocates through it.
    static BlockCache& install();

    c10::DataPtr allocate(std::size_t bytes) override;
    c10::DeleterFnPtr raw_deleter() const override;
    void copy_data(void* destination, const void* source, std::size_t count) const override;

    /// Gives the blocks that no tensor uses back to the system.
    void release();
    /// Bytes kept that no tensor uses.
    [[nodiscard]] std::size_t cachedBytes() const;

private:
    BlockCache() = default;
    static void free(void* block);
    void recycle(void* block, std::size_t size);

    mutable std::mutex m_mutex;
    std::unordered_map<std::size_t, std::vector<void*>> m_blocks; ///< free ones, by size
    std::size_t m_cached = 0;
};

} // namespace heirloom
