// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/ByteSource.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include <sys/stat.h>

namespace heirloom {
namespace {

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

TEST(ByteSource, ReadsAnyPartOfAFile) {
    const test::TemporaryFolder folder;
    write(folder / "a", "0123456789");
    const auto source = openFile(folder / "a");
    ASSERT_TRUE(source);
    EXPECT_EQ((*source)->size(), 10U);
    std::array<std::byte, 4> out;
    ASSERT_TRUE((*source)->readAt(6, out));
    EXPECT_EQ(out[0], std::byte{'6'});
    EXPECT_EQ(out[3], std::byte{'9'});
    EXPECT_TRUE((*source)->unchanged());
}

TEST(ByteSource, RefusesToReadPastTheEnd) {
    const test::TemporaryFolder folder;
    write(folder / "a", "0123456789");
    const auto file = openFile(folder / "a");
    ASSERT_TRUE(file);
    const auto memory = memorySource(std::vector<std::byte>(10));
    std::array<std::byte, 4> out;
    for (const auto& source : {*file, memory}) {
        EXPECT_TRUE(source->readAt(10, std::span<std::byte>()));
        EXPECT_FALSE(source->readAt(7, out));
        EXPECT_FALSE(source->readAt(11, std::span<std::byte>()));
        EXPECT_FALSE(source->readAt(~std::uint64_t{0}, out));
    }
}

TEST(ByteSource, NoticesAFileThatShrinksOrGrows) {
    const test::TemporaryFolder folder;
    write(folder / "a", "0123456789");
    const auto source = openFile(folder / "a");
    ASSERT_TRUE(source);
    std::filesystem::resize_file(folder / "a", 5);
    std::array<std::byte, 4> out;
    EXPECT_FALSE((*source)->readAt(4, out));
    EXPECT_FALSE((*source)->unchanged());
    std::filesystem::resize_file(folder / "a", 12);
    EXPECT_FALSE((*source)->unchanged());
}

TEST(ByteSource, OpensRegularFilesOnly) {
    const test::TemporaryFolder folder;
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(openFile(folder / "pipe"));
    EXPECT_FALSE(openFile(folder.path()));
    EXPECT_FALSE(openFile("/dev/zero"));
    const auto missing = openFile(folder / "missing");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message().find("missing"), std::string::npos);
}

} // namespace
} // namespace heirloom
