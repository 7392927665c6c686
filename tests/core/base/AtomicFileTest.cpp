// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

std::span<const std::byte> bytesOf(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string contentsOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entriesIn(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// Files of this process cannot grow beyond `bytes` while it lives: a disk that fills up.
class SizeLimit {
public:
    explicit SizeLimit(rlim_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        rlimit limit = m_before;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
    SizeLimit(const SizeLimit&) = delete;
    SizeLimit& operator=(const SizeLimit&) = delete;

private:
    rlimit m_before{};
};

TEST(AtomicFile, LeavesTheOldFileUntilCommit) {
    const test::TemporaryFolder folder;
    const auto target = folder / "a.bin";
    ASSERT_TRUE(writeFile(target, bytesOf("old")));
    auto file = AtomicFile::create(target);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(bytesOf("new and ")));
    ASSERT_TRUE(file->write(bytesOf("longer")));
    EXPECT_EQ(contentsOf(target), "old");
    EXPECT_EQ(file->size(), 14U);
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(contentsOf(target), "new and longer");
    EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(AtomicFile, RemovesItsTemporaryWhenItIsNotCommitted) {
    const test::TemporaryFolder folder;
    {
        auto file = AtomicFile::create(folder / "a.bin");
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->write(bytesOf("half")));
        EXPECT_LE(entriesIn(folder.path()), 1U); // none where files without names are known
        const AtomicFile moved = std::move(*file);
        EXPECT_EQ(contentsOf(moved.readingPath()), "half");
    }
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

TEST(AtomicFile, OverwritesEarlierBytesOnly) {
    const test::TemporaryFolder folder;
    auto file = AtomicFile::create(folder / "a.bin");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(bytesOf("........tail")));
    ASSERT_TRUE(file->writeAt(2, bytesOf("head")));
    EXPECT_FALSE(file->writeAt(10, bytesOf("beyond")));
    ASSERT_TRUE(file->write(bytesOf("!")));
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(contentsOf(folder / "a.bin"), "..head..tail!");
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
    const test::TemporaryFolder folder;
    const auto target = folder / "a.bin";
    ASSERT_TRUE(writeFile(target, bytesOf("old")));
    const std::string large(100'000, 'x');
    for (const rlim_t limit : {rlim_t{0}, rlim_t{1}, rlim_t{50'000}, rlim_t{99'999}}) {
        const SizeLimit full(limit);
        const auto written = writeFile(target, bytesOf(large));
        ASSERT_FALSE(written) << limit;
        EXPECT_NE(written.error().message().find("nothing that was there has changed"),
                  std::string::npos)
            << written.error().message();
    }
    EXPECT_EQ(contentsOf(target), "old");
    EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(AtomicFile, RefusesFoldersAndMissingFolders) {
    const test::TemporaryFolder folder;
    EXPECT_FALSE(AtomicFile::create(folder.path()));
    EXPECT_FALSE(AtomicFile::create(folder / ""));
    const auto missing = AtomicFile::create(folder / "no" / "a.bin");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().advice, "Choose a folder that exists");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(AtomicFile::create(folder / "pipe"));
}

TEST(AtomicFile, RefusesAReadOnlyTarget) {
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write to everything";
    const test::TemporaryFolder folder;
    ASSERT_TRUE(writeFile(folder / "a.bin", bytesOf("old")));
    std::filesystem::permissions(folder / "a.bin", std::filesystem::perms::owner_read);
    EXPECT_FALSE(writeFile(folder / "a.bin", bytesOf("new")));
    EXPECT_EQ(contentsOf(folder / "a.bin"), "old");
}

TEST(AtomicFile, ReplacesWhatALinkPointsAt) {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "real");
    ASSERT_TRUE(writeFile(folder / "real" / "a.bin", bytesOf("old")));
    std::filesystem::create_symlink("real/a.bin", folder / "link");
    ASSERT_TRUE(writeFile(folder / "link", bytesOf("new")));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(contentsOf(folder / "real" / "a.bin"), "new");
}

TEST(AtomicFile, KeepsPermissions) {
    const test::TemporaryFolder folder;
    ASSERT_TRUE(writeFile(folder / "a.bin", bytesOf("old")));
    std::filesystem::permissions(folder / "a.bin", std::filesystem::perms(0640));
    ASSERT_TRUE(writeFile(folder / "a.bin", bytesOf("new")));
    EXPECT_EQ(std::filesystem::status(folder / "a.bin").permissions(),
              std::filesystem::perms(0640));
}

} // namespace
} // namespace heirloom
