// SPDX-License-Identifier: GPL-3.0-or-later
// Every cut and every flipped bit of small files, and memory that ends at every allocation: opened
// or refused, without a crash, and without asking for memory that the file cannot fill.
#include "core/base/ByteSource.h"
#include "core/checkpoint/OpenCheckpoint.h"
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/core/checkpoint/pytorch/TarBuilder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>

namespace {

std::atomic<std::size_t> largestAllocation{0};
/// Allocations until one fails; none does below zero.
std::atomic<std::int64_t> allocationsLeft{-1};

[[maybe_unused]] void* watched(std::size_t size) {
    if (allocationsLeft >= 0 && allocationsLeft-- == 0)
        throw std::bad_alloc();
    std::size_t before = largestAllocation.load();
    while (size > before && !largestAllocation.compare_exchange_weak(before, size)) {
    }
    if (void* memory = std::malloc(size == 0 ? 1 : size))
        return memory;
    throw std::bad_alloc();
}

} // namespace

#ifndef __SANITIZE_ADDRESS__ // which watches allocations its own way
void* operator new(std::size_t size) { return watched(size); }
void* operator new[](std::size_t size) { return watched(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace heirloom {
namespace {

constexpr std::size_t mostForASmallFile = std::size_t{1} << 20;
constexpr unsigned flips[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};

class SmallFile : public testing::TestWithParam<const char*> {
protected:
    SmallFile() {
        const std::string name = GetParam();
        const auto folder = name.find('/') == std::string::npos ? "golden/zoo" : "golden";
        std::ifstream file(test::dataFolder() / folder / name, std::ios::binary);
        m_bytes.assign(std::istreambuf_iterator<char>(file), {});
        if (name == "gguf/small.gguf")
            m_padding = 24; // behind the last tensor, up to the alignment
        if (name == "small.tar") {
            m_bytes = test::tarOf({});
            m_padding = 1024 + 433; // zeros that nobody misses, behind the last member's data
        }
    }
    std::string m_bytes;
    std::size_t m_padding = 0;
};

TEST_P(SmallFile, SurvivesACutAtEveryByte) {
    ASSERT_GT(m_bytes.size(), 150U);
    largestAllocation = 0;
    std::size_t opened = 0;
    for (std::size_t size = 0; size < m_bytes.size() - m_padding; ++size) {
        const std::string cut = m_bytes.substr(0, size);
        if (test::openText(cut))
            ++opened;
        test::openAndReadAll(cut);
        ASSERT_LT(largestAllocation, mostForASmallFile) << "cut at " << size;
    }
    EXPECT_EQ(opened, 0U);
}

TEST_P(SmallFile, SurvivesEveryBitAndByteFlipped) {
    for (std::size_t at = 0; at < m_bytes.size(); ++at) {
        for (const unsigned flip : flips) {
            std::string flipped = m_bytes;
            flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ flip);
            largestAllocation = 0;
            test::openAndReadAll(flipped);
            ASSERT_LT(largestAllocation, mostForASmallFile) << "byte " << at << " xor " << flip;
        }
    }
}

TEST_P(SmallFile, SurvivesEveryAllocationThatFails) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "allocations are not watched";
#endif
    const auto view = std::as_bytes(std::span(m_bytes));
    const auto source = memorySource({view.begin(), view.end()});
    bool hasFailed = true;
    for (std::int64_t count = 0; hasFailed; ++count) {
        ASSERT_LT(count, 100'000);
        allocationsLeft = count;
        std::string refusal;
        try {
            const auto opened = openCheckpointBytes(source, {});
            if (!opened)
                refusal = opened.error().text;
            else if (const auto read = (*opened)->readAll(); !read)
                refusal = read.error().text;
        } catch (const std::bad_alloc&) {
            allocationsLeft = -1;
            FAIL() << "allocation " << count << " is not minded";
        }
        hasFailed = allocationsLeft < 0;
        allocationsLeft = -1;
        ASSERT_TRUE(refusal.empty() || refusal.find("not enough memory") != std::string::npos)
            << refusal;
    }
}

/// A pickle in a zip made anew around each change, since its checksum would give any change away.
class SmallPickle : public testing::TestWithParam<const char*> {
protected:
    SmallPickle() {
        std::ifstream file(test::dataFolder().parent_path() / "fuzz" / "corpus" / GetParam(),
                           std::ios::binary);
        m_bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    std::string m_bytes;
};

TEST_P(SmallPickle, SurvivesACutAtEveryByte) {
    ASSERT_GT(m_bytes.size(), 50U);
    largestAllocation = 0;
    for (std::size_t size = 0; size < m_bytes.size(); ++size) {
        ASSERT_FALSE(test::openText(test::torchZip(m_bytes.substr(0, size)))) << size;
        ASSERT_LT(largestAllocation, mostForASmallFile) << "cut at " << size;
    }
}

TEST_P(SmallPickle, SurvivesEveryBitAndByteFlipped) {
    for (std::size_t at = 0; at < m_bytes.size(); ++at) {
        for (const unsigned flip : flips) {
            std::string flipped = m_bytes;
            flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ flip);
            largestAllocation = 0;
            test::openAndReadAll(test::torchZip(flipped));
            ASSERT_LT(largestAllocation, mostForASmallFile) << "byte " << at << " xor " << flip;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Corpus,
                         SmallPickle,
                         testing::Values("statedict/parameters_pth",
                                         "statedict/deep_nest_pth",
                                         "statedict/teacher_student_pth",
                                         "statedict/quantised_pth",
                                         "pickle/protocol_0",
                                         "pickle/protocol_1",
                                         "pickle/protocol_3",
                                         "pickle/protocol_5",
                                         "pickle/text_instructions"),
                         [](const auto& row) {
                             std::string name = row.param;
                             std::replace(name.begin(), name.end(), '/', '_');
                             return name;
                         });

INSTANTIATE_TEST_SUITE_P(Zoo,
                         SmallFile,
                         testing::Values("single.safetensors",
                                         "legacy_views.pth",
                                         "small.tar",
                                         "torchscript.pt",
                                         "fp8.pth",
                                         "legacy_protocol4.pth",
                                         "torch_1_6.pth",
                                         "tied.pth",
                                         "numpy/half.npy",
                                         "numpy/stored.npz",
                                         "numpy/deflated.npz",
                                         "gguf/small.gguf"),
                         [](const auto& row) {
                             std::string name = row.param;
                             std::replace(name.begin(), name.end(), '.', '_');
                             std::replace(name.begin(), name.end(), '/', '_');
                             return name;
                         });

} // namespace
} // namespace heirloom
