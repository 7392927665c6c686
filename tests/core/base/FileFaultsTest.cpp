// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"
#include "tests/support/FaultyFiles.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

namespace heirloom {
namespace {

using test::FaultyFiles;

std::span<const std::byte> bytesOf(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string contentsOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entriesIn(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// A large new file in several pieces over what is there.
Status replace(const std::filesystem::path& target, FileOperations& files) {
    auto file = AtomicFile::create(target, files);
    if (!file)
        return std::unexpected(file.error());
    const std::string piece(10'000, 'n');
    for (int i = 0; i < 3; ++i)
        if (auto done = file->write(bytesOf(piece)); !done)
            return done;
    if (auto done = file->resize(40'000); !done)
        return done;
    if (auto done = file->writeAt(5, bytesOf("again")); !done)
        return done;
    return file->commit();
}

/// Whatever call fails, at whatever time, and for whatever reason.
TEST(FileFaults, LeaveTheOldFileWholeAndNothingBesideIt) {
    for (const bool isModern : {true, false}) {
        const test::TemporaryFolder folder;
        const auto target = folder / "a.bin";
        FaultyFiles counting;
        counting.hasUnnamedFiles = isModern;
        counting.reserves = isModern;
        ASSERT_TRUE(writeFile(target, bytesOf("old")));
        ASSERT_TRUE(replace(target, counting));
        ASSERT_GE(counting.calls(), 8);
        for (int call = 0; call < counting.calls(); ++call)
            for (const int reason : {ENOSPC, EIO, EDQUOT, EACCES}) {
                ASSERT_TRUE(writeFile(target, bytesOf("old")));
                FaultyFiles files;
                files.hasUnnamedFiles = isModern;
                files.reserves = isModern;
                files.failAt = call;
                files.reason = reason;
                const auto done = replace(target, files);
                const bool isNew = contentsOf(target).size() == 40'000;
                SCOPED_TRACE(fmt::format("call {} ({}), {}", call, files.failed, reason));
                EXPECT_EQ(entriesIn(folder.path()), 1U);
                EXPECT_EQ(files.openFiles(), 0);
                if (files.failed == "open without a name") {
                    EXPECT_TRUE(done); // by another way
                    continue;
                }
                ASSERT_FALSE(done);
                EXPECT_FALSE(done.error().text.empty());
                // Only when the folder's own flush fails is the new file there already.
                EXPECT_EQ(isNew, files.failed == "sync" && call == counting.calls() - 1);
                if (!isNew) {
                    EXPECT_EQ(contentsOf(target), "old");
                }
                if (reason == ENOSPC) {
                    EXPECT_NE(done.error().advice.find("Free some space"), std::string::npos);
                }
            }
    }
}

TEST(FileFaults, ShortWritesAreContinued) {
    const test::TemporaryFolder folder;
    const auto target = folder / "a.bin";
    for (const std::size_t most : {1, 7, 4096}) {
        FaultyFiles files;
        files.mostBytes = most;
        files.interruptEvery = 3;
        ASSERT_TRUE(replace(target, files));
        const std::string content = contentsOf(target);
        EXPECT_EQ(content.size(), 40'000U);
        EXPECT_EQ(content.substr(0, 12), "nnnnnagainnn");
        EXPECT_EQ(content.substr(29'999, 2), std::string("n\0", 2));
    }
}

TEST(FileFaults, AWriteThatTakesNothingIsAFullDisk) {
    const test::TemporaryFolder folder;
    FaultyFiles files;
    files.mostBytes = 0;
    const auto done = replace(folder / "a.bin", files);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message().find("nothing that was there has changed"), std::string::npos);
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

} // namespace
} // namespace heirloom
