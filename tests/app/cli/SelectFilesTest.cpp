// SPDX-License-Identifier: GPL-3.0-or-later
// What `heirloom-cli select` leaves on a disk, on good days and on bad ones.
#include "core/base/Sha256.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heirloom {
namespace {

constexpr const char* studentName = "vit:dim=96,depth=3,heads=3,patch=4,image=32,num_classes=10";

class SelectFiles : public testing::Test {
protected:
    /// 14 MB, made once.
    static void SetUpTestSuite() {
        const auto spec =
            modelFromName("vit:dim=192,depth=8,heads=3,patch=4,image=32,num_classes=10");
        ASSERT_TRUE(spec) << spec.error().message();
        s_folder = new test::TemporaryFolder;
        const auto written = writeCheckpoint(teacher(),
                                             CheckpointFormat::Safetensors,
                                             randomStudent(*spec, 7),
                                             {{"heirloom.model", canonicalName(*spec)}});
        ASSERT_TRUE(written) << written.error().message();
    }
    static void TearDownTestSuite() {
        delete s_folder;
        s_folder = nullptr;
    }

    static std::string teacher() { return (*s_folder / "teacher.safetensors").string(); }

    static std::vector<std::string> selectTo(const std::filesystem::path& out,
                                             std::vector<std::string> more = {}) {
        std::vector<std::string> words = {
            HEIRLOOM_CLI, "select", teacher(), "--student", studentName, "-o", out.string()};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    static std::string bytes(const std::filesystem::path& name) {
        std::ifstream file(name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static std::set<std::string> namesIn(const std::filesystem::path& folder) {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            names.insert(entry.path().filename().string());
        return names;
    }

    /// Sends `signal` after so many microseconds. \return the exit status as wait() gives it
    static int runAndSignal(const std::vector<std::string>& words, int signal, useconds_t after) {
        std::vector<char*> arguments;
        for (const std::string& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t quiet;
        posix_spawn_file_actions_init(&quiet);
        posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
        pid_t child = 0;
        EXPECT_EQ(posix_spawn(&child, arguments[0], &quiet, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&quiet);
        usleep(after);
        kill(child, signal);
        int status = 0;
        waitpid(child, &status, 0);
        return status;
    }

    static test::TemporaryFolder* s_folder;
};

test::TemporaryFolder* SelectFiles::s_folder = nullptr;

TEST_F(SelectFiles, KeepTheHashOfEveryTensor) {
    const test::TemporaryFolder folder;
    for (const char* name : {"s.safetensors", "s.pth", "s.h5"}) {
        const auto answer = test::runProcess(selectTo(folder / name));
        ASSERT_EQ(answer.exitCode, 0) << answer.errors;
        const auto opened = openCheckpoint(folder / name);
        ASSERT_TRUE(opened) << opened.error().message();
        const auto hashes = nlohmann::json::parse((*opened)->metadata().at("heirloom.sha256"));
        for (const TensorInfo& tensor : (*opened)->tensors())
            EXPECT_EQ(hashes.at(tensor.name), sha256Hex((*opened)->read(tensor)->bytes));
    }
}

TEST_F(SelectFiles, HaveTheDTypeThatWasAskedFor) {
    const test::TemporaryFolder folder;
    for (const char* dtype : {"F16", "BF16", "F8_E4M3", "F8_E5M2", "F64"}) {
        const auto answer =
            test::runProcess(selectTo(folder / "s.safetensors", {"--dtype", dtype}));
        ASSERT_EQ(answer.exitCode, 0) << answer.errors;
        const auto opened = openCheckpoint(folder / "s.safetensors");
        ASSERT_TRUE(opened) << opened.error().message();
        for (const TensorInfo& tensor : (*opened)->tensors())
            EXPECT_EQ(dtypeName(tensor.dtype), dtype) << tensor.name;
    }
    EXPECT_EQ(test::runProcess(selectTo(folder / "s.safetensors", {"--dtype", "I8"})).exitCode, 2);
}

TEST_F(SelectFiles, AreShardsAboveTheSizeThatWasAskedFor) {
    const test::TemporaryFolder folder;
    const auto answer =
        test::runProcess(selectTo(folder / "s.safetensors", {"--max-shard-size", "500kB"}));
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    EXPECT_NE(answer.output.find("s.safetensors.index.json and "), std::string::npos)
        << answer.output;
    const auto names = namesIn(folder.path());
    EXPECT_GE(names.size(), 3U);
    EXPECT_TRUE(names.contains("s.safetensors.index.json"));
    EXPECT_FALSE(names.contains("s.safetensors"));
    const auto refused = test::runProcess(selectTo(folder / "s.pth", {"--max-shard-size", "1MB"}));
    EXPECT_EQ(refused.exitCode, 1);
    EXPECT_NE(refused.errors.find("only safetensors"), std::string::npos) << refused.errors;
}

TEST_F(SelectFiles, AreWholeOrAsBeforeWhenTheProgramIsKilled) {
    const test::TemporaryFolder folder;
    for (const char* name : {"s.safetensors", "s.pth", "s.h5"}) {
        ASSERT_EQ(test::runProcess(selectTo(folder / name)).exitCode, 0);
        const std::string whole = bytes(folder / name);
        for (useconds_t after = 0; after < 60'000; after += 4'000) {
            std::ofstream(folder / name, std::ios::binary) << "old";
            const int status = runAndSignal(selectTo(folder / name), SIGKILL, after);
            const std::string found = bytes(folder / name);
            EXPECT_TRUE(found == "old" || found == whole) << name << " after " << after;
            EXPECT_TRUE(WIFSIGNALED(status) || found == whole);
            std::filesystem::remove(folder / name);
            // The new file gets a name of its own a few microseconds before it replaces the old
            // one: a kill just between leaves it, whole.
            for (const std::string& left : namesIn(folder.path())) {
                EXPECT_TRUE(bytes(folder / left) == whole) << name << " after " << after;
                std::filesystem::remove(folder / left);
            }
        }
    }
}

TEST_F(SelectFiles, AreTakenBackOnAnInterrupt) {
    const test::TemporaryFolder folder;
    for (const int signal : {SIGINT, SIGTERM})
        for (useconds_t after = 2'000; after < 50'000; after += 4'000) {
            std::ofstream(folder / "s.safetensors", std::ios::binary) << "old";
            const int status = runAndSignal(selectTo(folder / "s.safetensors"), signal, after);
            EXPECT_EQ(namesIn(folder.path()), std::set<std::string>({"s.safetensors"})) << after;
            const bool isOld = bytes(folder / "s.safetensors") == "old";
            // Before the writing has begun a signal just ends the program.
            if (WIFSIGNALED(status)) {
                EXPECT_TRUE(isOld);
            } else if (WEXITSTATUS(status) == 0) {
                EXPECT_FALSE(isOld);
            } else {
                EXPECT_EQ(WEXITSTATUS(status), 130);
            }
        }
}

TEST_F(SelectFiles, LeaveTheOldOneOnAFullDisk) {
    const test::TemporaryFolder folder;
    for (const char* name : {"s.safetensors", "s.pth", "s.h5"}) {
        std::ofstream(folder / name, std::ios::binary) << "old";
        std::string command = "ulimit -f 100; exec";
        for (const std::string& word : selectTo(folder / name))
            command += " '" + word + "'";
        const auto answer = test::runProcess({"/bin/sh", "-c", command});
        EXPECT_EQ(answer.exitCode, 1) << answer.output;
        EXPECT_NE(answer.errors.find("Free some space"), std::string::npos) << answer.errors;
        EXPECT_EQ(bytes(folder / name), "old");
    }
    EXPECT_EQ(namesIn(folder.path()).size(), 3U);
}

TEST_F(SelectFiles, NeedARoomThatIsAskedForFirst) {
    const test::TemporaryFolder folder;
    const std::string mount = "mount -t tmpfs -o size=400k none '" + folder.path().string() +
                              "' 2>/dev/null || exit 77; ";
    std::string command = mount + "echo old > '" + (folder / "s.pth").string() + "';";
    for (const std::string& word : selectTo(folder / "s.pth"))
        command += " '" + word + "'";
    command += "; code=$?; ls -A '" + folder.path().string() + "'; cat '" +
               (folder / "s.pth").string() + "'; exit $((100 + code))";
    const auto answer = test::runProcess({"/usr/bin/unshare", "-Urm", "/bin/sh", "-c", command});
    if (answer.exitCode < 100) // not as far as the command
        GTEST_SKIP() << "no file system of its own can be mounted here: " << answer.errors;
    EXPECT_EQ(answer.exitCode, 101);
    EXPECT_NE(answer.errors.find("more of free space here; nothing was overwritten"),
              std::string::npos)
        << answer.errors;
    EXPECT_EQ(answer.output, "s.pth\nold\n");
}

} // namespace
} // namespace heirloom
