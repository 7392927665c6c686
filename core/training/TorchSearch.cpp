// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/TorchSearch.h"

#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace heirloom {
namespace {

namespace fs = std::filesystem;

// Python puts the working folder first in sys.path; a folder "torch" lying there must not be
// believed.
constexpr const char* kAskPython =
    "import sys\n"
    "sys.path = [p for p in sys.path if p]\n"
    "import importlib.util as u, os\n"
    "s = u.find_spec('torch')\n"
    "print(os.path.dirname(s.origin) if s and s.origin else '', end='')\n";

std::string pythonProgram() {
    for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        const char* prefix = std::getenv(variable);
        if (!prefix || !*prefix)
            continue;
        const fs::path program = fs::path(prefix) / "bin" / "python3";
        if (access(program.c_str(), X_OK) == 0)
            return program.string();
    }
    return "python3";
}

/// The first "digits.digits" after `marker` in the file's first 4096 bytes.
std::optional<std::string> versionIn(const fs::path& file, std::string_view marker) {
    std::ifstream in(file, std::ios::binary);
    std::string text(4096, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    const auto start = text.find(marker);
    if (start == std::string::npos)
        return std::nullopt;
    std::size_t at = start + marker.size();
    const auto digits = [&] {
        const std::size_t first = at;
        while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])))
            ++at;
        return text.substr(first, at - first);
    };
    const std::string major = digits();
    if (major.empty() || at >= text.size() || text[at++] != '.')
        return std::nullopt;
    const std::string minor = digits();
    if (minor.empty())
        return std::nullopt;
    return major + "." + minor;
}

} // namespace

std::optional<std::string> outputOf(const std::string& program,
                                    std::vector<std::string> arguments,
                                    int milliseconds) {
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0)
        return std::nullopt;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);

    std::string name = program;
    std::vector<char*> argv{name.data()};
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int spawned =
        posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe[1]);
    if (spawned != 0) {
        close(pipe[0]);
        return std::nullopt;
    }

    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    std::string output;
    bool ended = false;
    while (output.size() < 4096) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd waiting{pipe[0], POLLIN, 0};
        if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0)
            break;
        std::array<char, 512> block{};
        const ssize_t got = read(pipe[0], block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        ended = got == 0;
        if (got <= 0)
            break;
        output.append(block.data(), static_cast<std::size_t>(got));
    }
    close(pipe[0]);
    if (!ended)
        kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return std::nullopt;
    return output;
}

std::vector<TorchCandidate> torchCandidates(const fs::path& setting) {
    if (!setting.empty())
        return {{setting, "the setting", true}};
    if (const char* variable = std::getenv("TORCH_DIR"); variable && *variable)
        return {{variable, "TORCH_DIR", true}};
    std::vector<TorchCandidate> found;
    const std::string python = pythonProgram();
    if (auto folder = outputOf(python, {"-c", kAskPython}, 5000); folder && !folder->empty())
        found.push_back({*folder, python, false});
    if (const std::string_view build = HEIRLOOM_BUILD_TORCH_DIR; !build.empty())
        found.push_back({build, "the folder of the build", false});
    return found;
}

bool holdsTorch(const fs::path& folder) {
    std::error_code error;
    return fs::is_regular_file(folder / "lib" / "libtorch_cpu.so", error) &&
           fs::is_regular_file(folder / "lib" / "libc10.so", error);
}

std::optional<std::string> torchVersionOf(const fs::path& folder) {
    if (auto version = versionIn(folder / "version.py", "__version__ = '"))
        return version;
    if (auto version = versionIn(folder / "build-version", ""))
        return version;
    return versionIn(folder / "include" / "torch" / "headeronly" / "version.h", "\n  \"");
}

} // namespace heirloom
