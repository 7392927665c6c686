// SPDX-License-Identifier: GPL-3.0-or-later
// The process that runs the HDF5 library: what it may do, and what becomes of it.
#include "core/checkpoint/Checkpoint.h"
#include "tests/core/checkpoint/hdf5/Hdf5Builder.h"
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>

namespace heirloom {
namespace {

/// Takes another program for the reader while it lives.
class AnotherReader {
public:
    AnotherReader(const std::filesystem::path& path, const std::string& script) {
        std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
        ::chmod(path.c_str(), 0700);
        ::setenv("HEIRLOOM_HDF5_READER", path.c_str(), 1);
    }
    AnotherReader(const AnotherReader&) = delete;
    AnotherReader& operator=(const AnotherReader&) = delete;
    ~AnotherReader() { ::unsetenv("HEIRLOOM_HDF5_READER"); }
};

class Hdf5ProcessTest : public testing::Test {
protected:
    Hdf5ProcessTest() {
        const test::Hdf5Builder file(m_path);
        file.floats("plain", {6, 4});
        const Hdf5Handle set = test::Hdf5Builder::chunked({3, 3});
        H5Pset_deflate(set, 6);
        file.floats("packed", {6, 4}, set);
    }
    ~Hdf5ProcessTest() override { EXPECT_LT(::waitpid(-1, nullptr, WNOHANG), 0); }

    std::string refusal(const std::string& script, const std::string& limit = {}) {
        const AnotherReader other(m_folder / "reader", script);
        OpenOptions options;
        if (!limit.empty()) {
            EXPECT_TRUE(options.limits.set(limit));
        }
        const auto opened = openCheckpoint(m_path, options);
        return opened ? "" : opened.error().message();
    }

    test::TemporaryFolder m_folder;
    std::filesystem::path m_path = m_folder / "a.h5";
};

TEST_F(Hdf5ProcessTest, IsToldApartWhenItCrashes) {
    EXPECT_NE(refusal("kill -SEGV $$").find("crashed on this file (signal 11"), std::string::npos);
    EXPECT_NE(refusal("kill -FPE $$").find("signal 8"), std::string::npos);
    EXPECT_NE(refusal("kill -XCPU $$").find("limit hdf5_seconds"), std::string::npos);
    EXPECT_NE(refusal("exit 3").find("limit hdf5_memory"), std::string::npos);
    EXPECT_NE(refusal("exit 1").find("did not start (exit code 1)"), std::string::npos);
}

TEST_F(Hdf5ProcessTest, IsNotBelieved) {
    EXPECT_NE(refusal("printf nonsense-and-more-of-it >&3").find("make no sense"),
              std::string::npos);
    EXPECT_NE(refusal("exec 3>&-; sleep 3").find("make no sense"), std::string::npos);
    EXPECT_NE(refusal("printf '\\5\\0\\0\\0\\3\\0\\0\\0\\1\\0\\0\\0\\0' >&3; kill -9 $$")
                  .find("signal 9"),
              std::string::npos);
}

TEST_F(Hdf5ProcessTest, IsEndedWhenItComputesWithoutEnd) {
    EXPECT_NE(refusal("while :; do :; done", "hdf5_seconds=1").find("limit hdf5_seconds of 1"),
              std::string::npos);
}

TEST_F(Hdf5ProcessTest, IsNamedWhereItIsMissing) {
    ::setenv("HEIRLOOM_HDF5_READER", (m_folder / "nowhere").c_str(), 1);
    const auto opened = openCheckpoint(m_path);
    ::unsetenv("HEIRLOOM_HDF5_READER");
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message().find("cannot be started"), std::string::npos);
    EXPECT_NE(opened.error().message().find("Install Heirloom"), std::string::npos);
}

TEST_F(Hdf5ProcessTest, IsStartedAnewAfterItWasKilled) {
    const auto opened = openCheckpoint(m_path);
    ASSERT_TRUE(opened);
    const auto before = (*opened)->read("packed");
    ASSERT_TRUE(before);
    const std::string tasks = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    pid_t child = 0;
    if (!(std::ifstream(tasks) >> child))
        GTEST_SKIP() << "this kernel lists no children in " << tasks;
    ::kill(child, SIGKILL);
    EXPECT_TRUE((*opened)->read("plain")) << "which needs no process";
    const auto failed = (*opened)->read("packed");
    if (!failed) {
        EXPECT_NE(failed.error().text.find("signal 9"), std::string::npos);
    }
    const auto after = (*opened)->read("packed");
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_EQ(after->bytes, before->bytes);
}

TEST_F(Hdf5ProcessTest, ServesManyThreadsAndManyCheckpoints) {
    std::array<bool, 4> same{};
    const auto shared = openCheckpoint(m_path);
    ASSERT_TRUE(shared);
    const auto expected = (*shared)->readAll();
    ASSERT_TRUE(expected);
    {
        std::vector<std::jthread> threads;
        for (bool& ok : same)
            threads.emplace_back([&] {
                ok = true;
                for (int i = 0; i < 10; ++i) {
                    const auto own = openCheckpoint(m_path);
                    const auto read = own ? (*own)->readAll() : Result<StateDict>();
                    const auto other = (*shared)->readAll();
                    ok = ok && own && read && other && read->entries() == expected->entries() &&
                         other->entries() == expected->entries();
                }
            });
    }
    for (const bool ok : same)
        EXPECT_TRUE(ok);
}

/// The system calls of one kind in what strace wrote.
std::vector<std::string> callsOf(const std::string& trace, const std::string& name) {
    std::vector<std::string> found;
    std::istringstream lines(trace);
    for (std::string line; std::getline(lines, line);)
        if (line.find(" " + name + "(") != std::string::npos)
            found.push_back(line);
    return found;
}

TEST_F(Hdf5ProcessTest, CallsTheSystemForNothingButReading) {
    const std::filesystem::path strace = "/usr/bin/strace";
    if (!std::filesystem::exists(strace))
        GTEST_SKIP() << "strace is not installed";
    {
        const test::Hdf5Builder hostile(m_path);
        hostile.floats("w", {2});
        H5Lcreate_external("/etc/passwd", "/x", hostile.file, "link", H5P_DEFAULT, H5P_DEFAULT);
        const Hdf5Handle outside(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_external(outside, "/etc/passwd", 0, 8);
        hostile.dataset("outside", H5T_IEEE_F32LE, {2}, outside);
        const Hdf5Handle packed = test::Hdf5Builder::chunked({2});
        H5Pset_filter(packed, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr);
        hostile.dataset("packed", H5T_IEEE_F32LE, {2}, packed);
    }
    const auto reader =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "heirloom-hdf5-reader";
    const auto log = m_folder / "log";
    {
        const AnotherReader traced(m_folder / "reader",
                                   "exec " + strace.string() + " -f -o " + log.string() + " " +
                                       reader.string() + " \"$@\"");
        const auto opened = openCheckpoint(m_path);
        if (!opened)
            GTEST_SKIP() << "strace does not work here: " << opened.error().message();
        static_cast<void>((*opened)->readAll());
    }
    std::ifstream file(log);
    const std::string trace{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(callsOf(trace, "execve").size(), 1U) << trace;
    for (const char* name : {"socket", "connect", "clone", "clone3", "fork", "vfork", "open"})
        EXPECT_TRUE(callsOf(trace, name).empty()) << trace;
    for (const auto& call : callsOf(trace, "openat"))
        EXPECT_TRUE(call.find("/lib") != std::string::npos ||
                    call.find("/etc/ld.so.cache") != std::string::npos)
            << call;
    EXPECT_EQ(trace.find("passwd"), std::string::npos);
    EXPECT_NE(trace.find("PR_SET_SECCOMP"), std::string::npos);
}

} // namespace
} // namespace heirloom
