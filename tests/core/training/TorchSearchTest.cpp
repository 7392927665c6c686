// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/TorchSearch.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

TEST(TorchSearch, ReadsTheOutputOfAProgram) {
    EXPECT_EQ(outputOf("sh", {"-c", "printf 'a b'"}, 5000), "a b");
}

TEST(TorchSearch, HasNoOutputOfAProgramThatFailsOrIsMissing) {
    EXPECT_FALSE(outputOf("sh", {"-c", "echo a; exit 3"}, 5000));
    EXPECT_FALSE(outputOf("/nowhere/at/all", {}, 5000));
}

TEST(TorchSearch, DoesNotWaitForAProgramThatHangs) {
    EXPECT_FALSE(outputOf("sh", {"-c", "sleep 60"}, 50));
}

TEST(TorchSearch, ReadsTheVersionOfAWheelOfAnArchiveAndOfHeaders) {
    const test::TemporaryFolder folder;
    EXPECT_FALSE(torchVersionOf(folder.path()));
    write(folder / "include/torch/headeronly/version.h",
          "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  \"2.9.1\"\n");
    EXPECT_EQ(torchVersionOf(folder.path()), "2.9");
    write(folder / "build-version", "2.11.0+cpu\n");
    EXPECT_EQ(torchVersionOf(folder.path()), "2.11");
    write(folder / "version.py", "from typing import Optional\n\n__version__ = '2.13.0+cpu'\n");
    EXPECT_EQ(torchVersionOf(folder.path()), "2.13");
}

TEST(TorchSearch, LooksOnlyWhereTheSettingSays) {
    const auto candidates = torchCandidates("/opt/torch");
    ASSERT_EQ(candidates.size(), 1U);
    EXPECT_EQ(candidates[0].folder, "/opt/torch");
    EXPECT_TRUE(candidates[0].isChosen);
}

TEST(TorchSearch, AsksThePythonOfTheVirtualEnvironmentFirst) {
    const test::TemporaryFolder folder;
    write(folder / "bin/python3", "#!/bin/sh\nprintf '/somewhere/torch'\n");
    fs::permissions(folder / "bin/python3", fs::perms::owner_all);
    setenv("VIRTUAL_ENV", folder.path().c_str(), 1);
    unsetenv("TORCH_DIR");
    const auto candidates = torchCandidates({});
    unsetenv("VIRTUAL_ENV");
    ASSERT_FALSE(candidates.empty());
    EXPECT_EQ(candidates[0].folder, "/somewhere/torch");
    EXPECT_FALSE(candidates[0].isChosen);
}

TEST(TorchSearch, DoesNotBelieveAFolderNamedTorchWhereTheProgramWasStarted) {
    const test::TemporaryFolder folder;
    write(folder / "torch/__init__.py", "");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    unsetenv("TORCH_DIR");
    const auto candidates = torchCandidates({});
    fs::current_path(before);
    for (const TorchCandidate& candidate : candidates)
        EXPECT_NE(fs::weakly_canonical(candidate.folder), fs::weakly_canonical(folder / "torch"));
}

} // namespace
} // namespace heirloom
