// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/BlockCache.h"

#include <c10/core/CPUAllocator.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heirloom {
namespace {

constexpr std::size_t kAlignment =
    64; // c10's own, and the room before each block that keeps its size
constexpr std::size_t kSmallest = std::size_t{64} << 10; // below, malloc keeps the pages anyway
constexpr std::size_t kMostCached = std::size_t{1} << 30;

/// Eight sizes between two powers of two: at most an eighth is lost, and sizes that differ a little
/// share blocks.
std::size_t roundedUp(std::size_t bytes) {
    if (bytes < kSmallest)
        return bytes;
    const std::size_t step = std::bit_floor(bytes) / 8;
    return (bytes + step - 1) / step * step;
}

} // namespace

BlockCache& BlockCache::install() {
    static BlockCache& cache = []() -> BlockCache& {
        static BlockCache* const made = new BlockCache(); // tensors may outlive every static object
        c10::SetCPUAllocator(made, /*priority=*/1);
        return *made;
    }();
    return cache;
}

c10::DataPtr BlockCache::allocate(std::size_t bytes) {
    if (bytes == 0)
        return {nullptr, nullptr, &BlockCache::free, at::Device(at::kCPU)};
    if (bytes > SIZE_MAX / 2)
        throw std::bad_alloc();
    const std::size_t size = roundedUp(bytes);
    void* block = nullptr;
    if (size >= kSmallest) {
        const std::scoped_lock lock(m_mutex);
        if (const auto found = m_blocks.find(size);
            found != m_blocks.end() && !found->second.empty()) {
            block = found->second.back();
            found->second.pop_back();
            m_cached -= size;
        }
    }
    if (!block) {
        void* memory = nullptr;
        if (posix_memalign(&memory, kAlignment, size + kAlignment) != 0)
            throw std::bad_alloc();
        std::memcpy(memory, &size, sizeof(size));
        block = static_cast<std::byte*>(memory) + kAlignment;
    }
    return {block, block, &BlockCache::free, at::Device(at::kCPU)};
}

c10::DeleterFnPtr BlockCache::raw_deleter() const { return &BlockCache::free; }

void BlockCache::copy_data(void* destination, const void* source, std::size_t count) const {
    default_copy_data(destination, source, count);
}

void BlockCache::free(void* block) {
    if (!block)
        return;
    std::size_t size = 0;
    std::memcpy(&size, static_cast<std::byte*>(block) - kAlignment, sizeof(size));
    install().recycle(block, size);
}

void BlockCache::recycle(void* block, std::size_t size) {
    if (size >= kSmallest) {
        const std::scoped_lock lock(m_mutex);
        if (size <= kMostCached - m_cached) {
            m_blocks[size].push_back(block);
            m_cached += size;
            return;
        }
    }
    std::free(static_cast<std::byte*>(block) - kAlignment);
}

void BlockCache::release() {
    std::unordered_map<std::size_t, std::vector<void*>> blocks;
    {
        const std::scoped_lock lock(m_mutex);
        blocks.swap(m_blocks);
        m_cached = 0;
    }
    for (const auto& [size, free] : blocks)
        for (void* block : free)
            std::free(static_cast<std::byte*>(block) - kAlignment);
}

std::size_t BlockCache::cachedBytes() const {
    const std::scoped_lock lock(m_mutex);
    return m_cached;
}

} // namespace heirloom
