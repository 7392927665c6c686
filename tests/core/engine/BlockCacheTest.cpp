// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/BlockCache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

namespace heirloom::test {
namespace {

TEST(BlockCache, GivesALargeBlockAgainToATensorOfThatSize) {
    BlockCache& cache = BlockCache::install();
    cache.release();
    const void* first = nullptr;
    {
        const at::Tensor tensor = at::empty({1 << 20}, at::kFloat);
        first = tensor.data_ptr();
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0U);
        EXPECT_EQ(cache.cachedBytes(), 0U);
    }
    EXPECT_EQ(cache.cachedBytes(), std::size_t{4} << 20);
    const at::Tensor again = at::empty({(1 << 20) - 100}, at::kFloat);
    EXPECT_EQ(again.data_ptr(), first);
    EXPECT_EQ(cache.cachedBytes(), 0U);
}

TEST(BlockCache, GivesMemoryBackWhenToldTo) {
    BlockCache& cache = BlockCache::install();
    at::empty({1 << 20}, at::kFloat).zero_();
    EXPECT_GT(cache.cachedBytes(), 0U);
    cache.release();
    EXPECT_EQ(cache.cachedBytes(), 0U);
}

TEST(BlockCache, KeepsTensorsApartInSeveralThreads) {
    BlockCache::install();
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([t] {
            for (int i = 0; i < 50; ++i) {
                const at::Tensor a = at::full({100'000}, t);
                const at::Tensor b = at::full({100'000 + i * 1000}, t + 10);
                ASSERT_TRUE(a.eq(t).all().item<bool>());
                ASSERT_TRUE(b.eq(t + 10).all().item<bool>());
            }
        });
}

TEST(BlockCache, HasRoomForEmptyAndSmallTensors) {
    BlockCache::install();
    EXPECT_EQ(at::empty({0}).numel(), 0);
    EXPECT_EQ(at::full({3}, 2.0).sum().item<double>(), 6);
}

} // namespace
} // namespace heirloom::test
