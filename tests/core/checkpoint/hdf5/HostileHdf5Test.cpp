// SPDX-License-Identifier: GPL-3.0-or-later
// Bad HDF5 files, each with its verdict; cuts, flips and mutations of small ones. Whatever the
// library does to the process that runs it, this process goes on, with nothing left behind.
#include "core/checkpoint/Checkpoint.h"
#include "tests/core/checkpoint/hdf5/HostileHdf5Rows.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include <sys/wait.h>

namespace heirloom {
namespace {

using test::HostileHdf5;

std::size_t openDescriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

bool hasChildren() { return ::waitpid(-1, nullptr, WNOHANG) >= 0; }

class HostileHdf5Test : public testing::TestWithParam<HostileHdf5> {};

TEST_P(HostileHdf5Test, HasItsVerdict) {
    using Verdict = HostileHdf5::Verdict;
    const HostileHdf5& row = GetParam();
    const test::TemporaryFolder folder;
    const auto path = folder / "a.h5";
    row.make(path);
    const std::size_t before = openDescriptors();
    OpenOptions options;
    if (!row.limit.empty()) {
        ASSERT_TRUE(options.limits.set(row.limit));
    }
    auto opened = openCheckpoint(path, options);
    if (row.verdict == Verdict::Refused) {
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().text.find(row.words), std::string::npos)
            << opened.error().message();
        EXPECT_FALSE(opened.error().advice.empty());
    } else {
        ASSERT_TRUE(opened) << opened.error().message();
        std::string notes;
        for (const auto& note : (*opened)->notes())
            notes += note + "\n";
        if (row.verdict == Verdict::Noted) {
            EXPECT_NE(notes.find(row.words), std::string::npos) << notes;
        }
        std::string refused;
        for (const TensorInfo& tensor : (*opened)->tensors())
            if (const auto read = (*opened)->read(tensor); !read)
                refused += read.error().message() + "\n";
        if (row.verdict == Verdict::Clean) {
            EXPECT_EQ(refused, "");
        }
        if (row.verdict == Verdict::Unread) {
            EXPECT_NE(refused.find(row.words), std::string::npos) << refused;
        }
        opened->reset();
    }
    EXPECT_EQ(openDescriptors(), before);
    EXPECT_FALSE(hasChildren());
}

std::string rowName(const testing::TestParamInfo<HostileHdf5>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Unusual,
                         HostileHdf5Test,
                         testing::ValuesIn(test::unusualHdf5Files()),
                         rowName);
INSTANTIATE_TEST_SUITE_P(Damaged,
                         HostileHdf5Test,
                         testing::ValuesIn(test::damagedHdf5Files()),
                         rowName);

/// Opens and reads a changed copy; counts what became of it.
class Mutations : public testing::Test {
protected:
    Mutations() {
        EXPECT_TRUE(m_limits.set("hdf5_seconds=2"));
        for (const auto& row : test::unusualHdf5Files())
            if (row.name == "FiltersAllAtOnce") {
                row.make(m_folder / "seed.h5");
                std::ifstream file(m_folder / "seed.h5", std::ios::binary);
                m_seeds.emplace_back(std::istreambuf_iterator<char>(file),
                                     std::istreambuf_iterator<char>());
            }
        for (const char* name : {"nested.h5", "keras_weights.h5", "strings.h5"}) {
            std::ifstream file(test::dataFolder() / "golden" / "zoo" / name, std::ios::binary);
            m_seeds.emplace_back(std::istreambuf_iterator<char>(file),
                                 std::istreambuf_iterator<char>());
        }
    }
    ~Mutations() override {
        EXPECT_FALSE(hasChildren());
        EXPECT_LE(openDescriptors(), m_descriptors);
        RecordProperty("opened", m_opened);
        std::printf("%d opened, %d refused, of which %d crashed and %d ran out of time or memory\n",
                    m_opened,
                    m_refused,
                    m_crashed,
                    m_limited);
    }
    void tryBytes(const std::string& bytes) {
        const auto path = m_folder / "changed.h5";
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
        OpenOptions options;
        options.limits = m_limits;
        const auto opened = openCheckpoint(path, options);
        std::string why = opened ? "" : opened.error().text;
        if (opened)
            for (const TensorInfo& tensor : (*opened)->tensors())
                if (const auto read = (*opened)->read(tensor); !read && why.empty())
                    why = read.error().text;
        ++(opened ? m_opened : m_refused);
        m_crashed += why.find("crashed") != std::string::npos;
        m_limited += why.find("over the limit") != std::string::npos ||
                     why.find("more than the limit") != std::string::npos;
        ASSERT_TRUE(opened || !why.empty());
    }
    /// 1 for everything; otherwise only each n-th change is tried.
    static std::size_t stride(std::size_t usual) {
        return std::getenv("HEIRLOOM_TEST_EXHAUSTIVE") != nullptr ? 1 : usual;
    }

    std::size_t m_descriptors = openDescriptors();
    test::TemporaryFolder m_folder;
    Limits m_limits;
    std::vector<std::string> m_seeds;
    int m_opened = 0;
    int m_refused = 0;
    int m_crashed = 0;
    int m_limited = 0;
};

TEST_F(Mutations, OfEveryLengthAreSurvived) {
    for (const auto& seed : m_seeds)
        for (std::size_t size = 0; size < seed.size(); size += stride(seed.size() / 20))
            ASSERT_NO_FATAL_FAILURE(tryBytes(seed.substr(0, size)));
}

TEST_F(Mutations, OfEveryBitAndByteAreSurvived) {
    for (const auto& seed : m_seeds) {
        constexpr unsigned flips[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
        const std::size_t all = seed.size() * std::size(flips);
        for (std::size_t i = 0; i < all; i += stride(all / 40 | 1)) { // every kind of flip in turn
            std::string bytes = seed;
            const std::size_t at = i / std::size(flips);
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^
                                          flips[i % std::size(flips)]);
            ASSERT_NO_FATAL_FAILURE(tryBytes(bytes));
        }
    }
}

TEST_F(Mutations, ByChanceAreSurvived) {
    const char* const wanted = std::getenv("HEIRLOOM_TEST_MUTATIONS");
    const int count = wanted != nullptr ? std::atoi(wanted) : 100;
    std::mt19937 random(20240501);
    for (int i = 0; i < count; ++i) {
        std::string bytes = m_seeds[random() % m_seeds.size()];
        for (unsigned changes = 1 + random() % 8; changes > 0; --changes) {
            // Most of the structure lies at the front.
            const std::size_t end = random() % 2 == 0 ? bytes.size() : bytes.size() / 4;
            bytes[random() % end] = static_cast<char>(random());
        }
        SCOPED_TRACE(i);
        ASSERT_NO_FATAL_FAILURE(tryBytes(bytes));
    }
}

} // namespace
} // namespace heirloom
