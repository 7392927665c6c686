// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TensorBlocks.h"

#include "core/base/Crc32.h"
#include "core/base/Random.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/StateDict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

namespace heirloom {
namespace {

HostTensor noise(Shape shape, std::uint64_t seed) {
    HostTensor tensor = HostTensor::zeros(DType::F32, std::move(shape));
    Random random(seed);
    for (std::byte& byte : tensor.bytes)
        byte = static_cast<std::byte>(random.below(256));
    return tensor;
}

/// Large enough for several threads, of several blocks and of less than one, and empty ones.
StateDict manyTensors() {
    StateDict tensors;
    for (int i = 0; i < 12; ++i)
        tensors.set(fmt::format("large.{}", i),
                    noise({700 + 61 * i, 301}, static_cast<std::uint64_t>(i)));
    tensors.set("scalar", noise({}, 20));
    tensors.set("empty", noise({0, 7}, 21));
    tensors.set("small", noise({3, 5}, 22));
    return tensors;
}

TEST(TensorBlocks, ReachTheSinkOnceEachAndInOrderAndNeverTwoAtATime) {
    const StateDict tensors = manyTensors();
    const auto source = memoryCheckpoint(borrowed(tensors));
    for (const bool sha256 : {true, false}) {
        std::vector<std::vector<std::byte>> received(source->tensors().size());
        std::atomic<int> inside = 0;
        std::atomic<int> mostInside = 0;
        const auto digests = passTensors(
            *source,
            source->tensors(),
            {.sha256 = sha256},
            [&](std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
                mostInside = std::max(mostInside.load(), ++inside);
                auto& all = received[tensor];
                EXPECT_EQ(offset, all.size());
                all.insert(all.end(), bytes.begin(), bytes.end());
                std::this_thread::sleep_for(std::chrono::microseconds(100));
                --inside;
                return Status();
            });
        ASSERT_TRUE(digests);
        EXPECT_EQ(mostInside, 1);
        for (std::size_t i = 0; i < received.size(); ++i) {
            const auto& [name, tensor] = tensors.entries()[i];
            EXPECT_EQ(received[i], tensor.bytes) << name;
            EXPECT_EQ((*digests)[i].crc, crc32(tensor.bytes)) << name;
            Sha256 whole;
            whole.update(tensor.bytes);
            EXPECT_EQ((*digests)[i].sha256, sha256 ? whole.hex() : "") << name;
        }
    }
}

TEST(TensorBlocks, EndWithTheErrorOfTheSinkAtWhicheverBlockItComes) {
    const StateDict tensors = manyTensors();
    const auto source = memoryCheckpoint(borrowed(tensors));
    const auto passUntil = [&](int failing, int& calls) {
        return passTensors(*source,
                           source->tensors(),
                           {.sha256 = true},
                           [&](std::size_t, std::uint64_t, std::span<const std::byte>) -> Status {
                               if (calls++ == failing)
                                   return fail("the sink", "it is full");
                               return {};
                           });
    };
    int all = 0;
    ASSERT_TRUE(passUntil(-1, all));
    ASSERT_GT(all, 30);
    for (int failing = 0; failing < all; ++failing) {
        int calls = 0;
        const auto done = passUntil(failing, calls);
        ASSERT_FALSE(done) << failing;
        EXPECT_EQ(done.error().where, "the sink");
        EXPECT_EQ(calls, failing + 1); // it is not called again
    }
}

TEST(TensorBlocks, EndWithASentenceWhenTheSinkFindsNoMemory) {
    const StateDict tensors = manyTensors();
    const auto source = memoryCheckpoint(borrowed(tensors));
    for (const int failing : {0, 1, 5, 20}) {
        int calls = 0;
        const auto done =
            passTensors(*source,
                        source->tensors(),
                        {.sha256 = true},
                        [&](std::size_t, std::uint64_t, std::span<const std::byte>) -> Status {
                            if (calls++ == failing)
                                throw std::bad_alloc();
                            return {};
                        });
        ASSERT_FALSE(done);
        EXPECT_NE(done.error().text.find("not enough memory"), std::string::npos);
        EXPECT_FALSE(done.error().where.empty());
    }
}

} // namespace
} // namespace heirloom
