// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/FilePool.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <thread>
#include <vector>

namespace heirloom {
namespace {

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::size_t descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

std::string first(const ByteSource& source, std::size_t size = 1) {
    std::string text(size, ' ');
    return source.readAt(0, std::as_writable_bytes(std::span(text))) ? text : "error";
}

TEST(FilePool, ReadsManyFilesThroughAFewDescriptors) {
    const test::TemporaryFolder folder;
    const auto before = descriptors();
    {
        const auto pool = std::make_shared<FilePool>(3);
        std::vector<std::shared_ptr<const ByteSource>> sources;
        for (int i = 0; i < 20; ++i) {
            const auto name = std::string(1, static_cast<char>('a' + i));
            write(folder / name, name);
            sources.push_back(pool->open(folder / name).value());
            EXPECT_LE(pool->openFiles(), 3U);
        }
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&] {
                for (int round = 0; round < 10; ++round)
                    for (std::size_t i = 0; i < sources.size(); ++i) {
                        EXPECT_EQ(first(*sources[i])[0], static_cast<char>('a' + i));
                        EXPECT_TRUE(sources[i]->unchanged());
                    }
            });
        threads.clear();
        EXPECT_EQ(pool->openFiles(), 3U);
        sources.clear();
        EXPECT_EQ(pool->openFiles(), 0U);
    }
    EXPECT_EQ(descriptors(), before);
}

TEST(FilePool, NoticesThatAFileBecameAnotherWhileItWasClosed) {
    const test::TemporaryFolder folder;
    const auto pool = std::make_shared<FilePool>(1);
    write(folder / "a", "one");
    write(folder / "b", "two");
    const auto a = pool->open(folder / "a").value();
    const auto b = pool->open(folder / "b").value();
    write(folder / "new", "ONE");
    std::filesystem::rename(folder / "new", folder / "a");
    const auto read = a->unchanged();
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text.find("changed by another program"), std::string::npos);
    EXPECT_EQ(first(*a), "error");
    EXPECT_EQ(first(*b, 3), "two");
    std::filesystem::remove(folder / "a");
    EXPECT_FALSE(a->unchanged());
}

TEST(FilePool, RefusesWhatIsNoFile) {
    const test::TemporaryFolder folder;
    const auto pool = std::make_shared<FilePool>();
    EXPECT_FALSE(pool->open(folder.path()));
    EXPECT_FALSE(pool->open(folder / "missing"));
    EXPECT_FALSE(pool->open("/dev/zero"));
}

} // namespace
} // namespace heirloom
