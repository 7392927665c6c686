// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Program.h"

#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace heirloom {
namespace {

constexpr const char* programName = "heirloom-hdf5-reader";

/// Copies of descriptors with numbers beyond those that they will have, so that putting one in its
/// place never closes another.
class HighCopies {
public:
    explicit HighCopies(Hdf5Descriptors from) {
        const std::array<int, 3> sources = {from.socket, from.file, from.window};
        for (std::size_t i = 0; i < sources.size(); ++i)
            m_copies[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, hdf5wire::windowDescriptor + 1);
    }
    HighCopies(const HighCopies&) = delete;
    HighCopies& operator=(const HighCopies&) = delete;
    ~HighCopies() {
        for (const int copy : m_copies)
            if (copy >= 0)
                ::close(copy);
    }
    [[nodiscard]] bool areWhole() const { return std::ranges::min(m_copies) >= 0; }
    [[nodiscard]] int socket() const { return m_copies[0]; }
    [[nodiscard]] int file() const { return m_copies[1]; }
    [[nodiscard]] int window() const { return m_copies[2]; }

private:
    std::array<int, 3> m_copies{};
};

class SpawnPlan {
public:
    explicit SpawnPlan(const HighCopies& copies) {
        posix_spawn_file_actions_init(&m_actions);
        posix_spawnattr_init(&m_attributes);
        // The file is open for reading only, so what is written to it goes nowhere.
        for (int standard = 0; standard <= 2; ++standard)
            posix_spawn_file_actions_adddup2(&m_actions, copies.file(), standard);
        posix_spawn_file_actions_adddup2(&m_actions, copies.socket(), hdf5wire::socketDescriptor);
        posix_spawn_file_actions_adddup2(&m_actions, copies.file(), hdf5wire::fileDescriptor);
        posix_spawn_file_actions_adddup2(&m_actions, copies.window(), hdf5wire::windowDescriptor);
        // Others may have been opened without O_CLOEXEC by libraries.
        posix_spawn_file_actions_addclosefrom_np(&m_actions, hdf5wire::windowDescriptor + 1);
        sigset_t all{};
        sigset_t none{};
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&m_attributes, &all);
        posix_spawnattr_setsigmask(&m_attributes, &none);
        posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&m_actions);
        posix_spawnattr_destroy(&m_attributes);
    }
    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &m_actions; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &m_attributes; }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

} // namespace

Result<std::string> findHdf5Program() {
    if (const char* named = std::getenv("HEIRLOOM_HDF5_READER"); named != nullptr && *named != '\0')
        return std::string(named);
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    const std::array<std::filesystem::path, 2> places = {
        self / programName, self.parent_path() / "libexec" / "heirloom" / programName};
    for (const auto& place : places)
        if (::access(place.c_str(), X_OK) == 0)
            return place.string();
    return std::unexpected(
        Error{programName,
              fmt::format("HDF5 files are read by this program, which is neither {} nor {}",
                          places[0].string(),
                          places[1].string()),
              "Install Heirloom again"});
}

Result<pid_t> launchHdf5Program(const std::vector<std::string>& words,
                                Hdf5Descriptors descriptors) {
    const HighCopies copies(descriptors);
    if (!copies.areWhole())
        return fail(words[0], "no descriptors for its reader: {}", std::strerror(errno));
    const SpawnPlan plan(copies);
    std::vector<char*> arguments;
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str())); // posix_spawn does not write to them
    arguments.push_back(nullptr);
    std::string zone = "TZ=UTC0"; // or else the C library looks for the machine's in a file
    std::array<char*, 2> environment = {zone.data(), nullptr};
    pid_t process = -1;
    const int failure = ::posix_spawn(&process,
                                      words[0].c_str(),
                                      plan.actions(),
                                      plan.attributes(),
                                      arguments.data(),
                                      environment.data());
    if (failure != 0)
        return std::unexpected(Error{
            words[0],
            fmt::format("its reader {} cannot be started: {}", words[0], std::strerror(failure)),
            "Install Heirloom again"});
    return process;
}

} // namespace heirloom
