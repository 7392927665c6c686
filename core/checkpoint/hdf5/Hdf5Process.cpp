// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Process.h"

#include "core/checkpoint/hdf5/Hdf5Program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heirloom {
namespace {

using hdf5wire::Frame;

constexpr std::size_t windowBytes = std::size_t{16} << 20;
/// A step that waits rather than computes (for a slow disk) may take this many times longer.
constexpr int patience = 12;

std::chrono::nanoseconds computedBy(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return {};
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

Result<std::unique_ptr<Hdf5Process>> Hdf5Process::start(const ByteSource& source,
                                                        const Limits& limits) {
    const auto program = findHdf5Program();
    if (!program)
        return std::unexpected(program.error());
    std::unique_ptr<Hdf5Process> made(new Hdf5Process(source.name(), limits));
    if (auto ready = made->makeWindow(); !ready)
        return std::unexpected(ready.error());
    if (auto launched = made->launch(*source.descriptor(), *program); !launched)
        return std::unexpected(launched.error());
    if (auto greeted = made->greet(); !greeted)
        return std::unexpected(greeted.error());
    return made;
}

Hdf5Process::~Hdf5Process() {
    end();
    if (!m_window.empty())
        ::munmap(m_window.data(), m_window.size());
    if (m_windowFile >= 0)
        ::close(m_windowFile);
}

/// Memory that both processes see. It cannot shrink, so that no access can fail.
Status Hdf5Process::makeWindow() {
    m_windowFile = ::memfd_create("heirloom-hdf5", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (m_windowFile < 0 || ::ftruncate(m_windowFile, windowBytes) != 0 ||
        ::fcntl(m_windowFile, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return fail(m_where, "no shared memory for reading it: {}", std::strerror(errno));
    void* const memory = ::mmap(nullptr, windowBytes, PROT_READ, MAP_SHARED, m_windowFile, 0);
    if (memory == MAP_FAILED)
        return fail(m_where, "no shared memory for reading it: {}", std::strerror(errno));
    m_window = {static_cast<std::byte*>(memory), windowBytes};
    return {};
}

Status Hdf5Process::launch(int file, const std::string& program) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(m_where, "no connection to its reader: {}", std::strerror(errno));
    m_socket = ends[0];
    const std::array<std::uint64_t, 5> numbers = {hdf5wire::version,
                                                  m_limits[Limit::Hdf5Memory],
                                                  m_limits[Limit::Hdf5Seconds],
                                                  m_limits[Limit::Hdf5Objects],
                                                  m_limits[Limit::NameBytes]};
    std::vector<std::string> words{program};
    for (const auto number : numbers)
        words.push_back(std::to_string(number));
    const auto started = launchHdf5Program(words, {ends[1], file, m_windowFile});
    ::close(ends[1]);
    if (!started)
        return std::unexpected(Error{m_where, started.error().text, started.error().advice});
    m_process = *started;
    allowMoreTime();
    return {};
}

Status Hdf5Process::greet() {
    const auto hello = receive();
    if (!hello)
        return std::unexpected(hello.error());
    hdf5wire::Unpacker from(hello->payload);
    const auto version = from.take<std::uint32_t>();
    m_isSealed = from.take<std::uint8_t>() != 0;
    if (hello->kind != Frame::Hello || version != hdf5wire::version || !from.isWhole())
        return misspoken();
    m_hasGreeted = true;
    return {};
}

void Hdf5Process::allowMoreTime() {
    m_computedBefore = computedBy(m_process);
    m_stepBegan = std::chrono::steady_clock::now();
}

Status Hdf5Process::ask(Frame kind, const hdf5wire::Packer& payload) {
    if (m_process < 0)
        return fail(m_where, "its reader has ended");
    allowMoreTime();
    hdf5wire::FrameHead head{};
    head.size = static_cast<std::uint32_t>(payload.bytes().size());
    head.kind = kind;
    std::string bytes(reinterpret_cast<const char*>(&head), sizeof(head));
    bytes += payload.bytes();
    // It reads a request whole before it answers, so this cannot wait for long.
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t wrote =
            ::send(m_socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return howItEnded();
        sent += static_cast<std::size_t>(wrote);
    }
    return {};
}

Result<Hdf5Process::Answer> Hdf5Process::receive() {
    hdf5wire::FrameHead head;
    if (auto filled = fill(sizeof(head)); !filled)
        return std::unexpected(filled.error());
    std::memcpy(&head, m_received.data() + m_taken, sizeof(head));
    if (head.size > hdf5wire::mostPayload)
        return misspoken();
    if (auto filled = fill(sizeof(head) + head.size); !filled)
        return std::unexpected(filled.error());
    Answer answer{head.kind, m_received.substr(m_taken + sizeof(head), head.size)};
    m_taken += sizeof(head) + head.size;
    return answer;
}

/// Waits until `size` bytes are there to be taken.
Status Hdf5Process::fill(std::size_t size) {
    if (m_process < 0)
        return fail(m_where, "its reader has ended");
    while (m_received.size() - m_taken < size) {
        pollfd waiting{m_socket, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, 50);
        if (ready < 0 && errno != EINTR)
            return fail(m_where, "its reader cannot be waited for: {}", std::strerror(errno));
        if (auto inTime = checkTime(); !inTime)
            return inTime;
        if (ready <= 0)
            continue;
        m_received.erase(0, m_taken);
        m_taken = 0;
        std::array<char, std::size_t{1} << 16> block;
        const ssize_t got = ::recv(m_socket, block.data(), block.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return howItEnded();
        m_received.append(block.data(), static_cast<std::size_t>(got));
    }
    return {};
}

Status Hdf5Process::checkTime() {
    const std::chrono::seconds most(
        static_cast<std::int64_t>(std::min<std::uint64_t>(m_limits[Limit::Hdf5Seconds], 1 << 20)));
    const bool computesOn = computedBy(m_process) - m_computedBefore > most;
    if (!computesOn && std::chrono::steady_clock::now() - m_stepBegan < most * patience)
        return {};
    end();
    return std::unexpected(m_limits.exceeded(
        m_where, Limit::Hdf5Seconds, "the seconds that the HDF5 library computes on it are"));
}

std::unexpected<Error> Hdf5Process::misspoken() {
    end();
    return std::unexpected(Error{m_where,
                                 "the answers of its reader make no sense",
                                 "The file is damaged, or was made to do harm"});
}

/// The socket is closed: why? Never waits for a process that closed it and goes on.
std::unexpected<Error> Hdf5Process::howItEnded() {
    int status = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    pid_t ended = 0;
    while ((ended = ::waitpid(m_process, &status, WNOHANG)) == 0 &&
           std::chrono::steady_clock::now() < until)
        ::poll(nullptr, 0, 1);
    if (ended != m_process) {
        return misspoken();
    }
    m_process = -1;
    end();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return std::unexpected(m_limits.exceeded(
            m_where, Limit::Hdf5Seconds, "the seconds that the HDF5 library computes on it are"));
    if (WIFSIGNALED(status))
        return std::unexpected(
            Error{m_where,
                  fmt::format("the HDF5 library crashed on this file (signal {}, {})",
                              WTERMSIG(status),
                              ::strsignal(WTERMSIG(status))),
                  "It is probably damaged; get it again"});
    if (WEXITSTATUS(status) == hdf5wire::exitOutOfMemory)
        return std::unexpected(
            m_limits.exceeded(m_where,
                              Limit::Hdf5Memory,
                              "the bytes of memory that the HDF5 library needs for it are"));
    if (!m_hasGreeted)
        return std::unexpected(Error{m_where,
                                     fmt::format("its reader, heirloom-hdf5-reader, did not start "
                                                 "(exit code {})",
                                                 WEXITSTATUS(status)),
                                     "Raise the limit hdf5_memory if you lowered it; otherwise "
                                     "install Heirloom again"});
    return std::unexpected(Error{
        m_where,
        fmt::format("its reader ended before it answered (exit code {})", WEXITSTATUS(status)),
        "The file is probably damaged; get it again"});
}

void Hdf5Process::end() {
    if (m_socket >= 0)
        ::close(std::exchange(m_socket, -1));
    if (m_process < 0)
        return;
    ::kill(m_process, SIGKILL);
    while (::waitpid(m_process, nullptr, 0) < 0 && errno == EINTR) {
    }
    m_process = -1;
}

} // namespace heirloom
