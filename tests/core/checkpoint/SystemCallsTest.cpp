// SPDX-License-Identifier: GPL-3.0-or-later
// What this process asks of the system while it opens all bad files: nothing but files that were
// named.
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace heirloom {
namespace {

/// Where the tests keep what they open, and what every program loads to start.
bool isExpected(const std::string& path) {
    const std::vector<std::string> roots = {std::filesystem::temp_directory_path().string(),
                                            test::dataFolder().parent_path().string(),
                                            "/proc/self/",
                                            "/lib/",
                                            "/usr/lib/",
                                            "/etc/ld.so."};
    return std::ranges::any_of(roots,
                               [&](const std::string& root) { return path.starts_with(root); });
}

TEST(SystemCalls, OfBadFilesStartNothingAskNobodyAndOpenNothingElse) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer asks the system for things of its own";
#endif
    const std::filesystem::path strace = "/usr/bin/strace";
    if (!std::filesystem::exists(strace))
        GTEST_SKIP() << "strace is not installed";
    const test::TemporaryFolder folder;
    const auto log = folder / "log";
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    const auto traced = test::runProcess({strace.string(),
                                          "-f",
                                          "-o",
                                          log.string(),
                                          "-e",
                                          "trace=%process,%network,open,openat,openat2,creat",
                                          self.string(),
                                          "--gtest_filter=*Hostile*:*SmallFile*:-*Hdf5*"});
    if (!std::filesystem::exists(log) || std::filesystem::file_size(log) < 1000)
        GTEST_SKIP() << "strace does not work here: " << traced.errors;
    ASSERT_EQ(traced.exitCode, 0) << traced.output;

    std::ifstream file(log);
    std::size_t programs = 0, opened = 0;
    for (std::string line; std::getline(file, line);) {
        for (const char* call : {"socket(", "connect(", "bind(", "fork(", "clone(", "clone3("})
            EXPECT_EQ(line.find(call), std::string::npos) << line;
        programs += line.find("execve(") != std::string::npos;
        const auto call = line.find("open");
        if (call == std::string::npos)
            continue;
        const auto begin = line.find('"', call);
        ASSERT_NE(begin, std::string::npos) << line;
        const std::string path = line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
        ++opened;
        // A name without a folder lies in one that was opened before.
        EXPECT_TRUE(path.find('/') == std::string::npos || isExpected(path)) << line;
        EXPECT_NE(path, "..") << line;
    }
    EXPECT_EQ(programs, 1U) << "the tests themselves";
    EXPECT_GT(opened, 100U);
}

} // namespace
} // namespace heirloom
