// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/base/Limits.h"
#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

namespace heirloom {

/// The program heirloom-hdf5-reader at work on one open file, and the talk with it. Whatever the
/// file does to it becomes an Error. Ends the process and waits for it when destroyed. One thread
/// at a time.
class Hdf5Process {
public:
    struct Answer {
        hdf5wire::Frame kind{};
        std::string payload;
    };

    /// Looks for the program in $HEIRLOOM_HDF5_READER, beside this program, and in
    /// ../libexec/heirloom from there. \pre source.descriptor()
    [[nodiscard]] static Result<std::unique_ptr<Hdf5Process>> start(const ByteSource& source,
                                                                    const Limits& limits);
    ~Hdf5Process();
    Hdf5Process(const Hdf5Process&) = delete;
    Hdf5Process& operator=(const Hdf5Process&) = delete;

    /// Begins a step, which Limit::Hdf5Seconds holds for.
    [[nodiscard]] Status ask(hdf5wire::Frame kind, const hdf5wire::Packer& payload);
    /// The next frame of the answer. An Error when the process crashed, ran out of memory or time,
    /// or says what it must not; it is of no more use then.
    [[nodiscard]] Result<Answer> receive();
    /// Begins the time of a step anew; for a long answer that makes progress.
    void allowMoreTime();
    /// What Frame::Window is about. The process can write to it at any time.
    [[nodiscard]] std::span<const std::byte> window() const { return m_window; }
    /// Whether the process cannot call the system any more but for reading.
    [[nodiscard]] bool isSealed() const { return m_isSealed; }
    /// Its answers make no sense: an Error that says so.
    [[nodiscard]] std::unexpected<Error> misspoken();

private:
    Hdf5Process(std::string where, const Limits& limits)
        : m_where(std::move(where)), m_limits(limits) {}
    [[nodiscard]] Status makeWindow();
    [[nodiscard]] Status launch(int file, const std::string& program);
    [[nodiscard]] Status greet();
    [[nodiscard]] Status fill(std::size_t size);
    [[nodiscard]] Status checkTime();
    [[nodiscard]] std::unexpected<Error> howItEnded();
    void end();

    std::string m_where; ///< the file, for errors
    Limits m_limits;
    pid_t m_process = -1;
    int m_socket = -1;
    int m_windowFile = -1;
    std::span<std::byte> m_window;
    bool m_isSealed = false;
    bool m_hasGreeted = false;
    std::string m_received; ///< bytes of frames that are not taken yet, from m_taken on
    std::size_t m_taken = 0;
    std::chrono::nanoseconds m_computedBefore{}; ///< the process's computing when the step began
    std::chrono::steady_clock::time_point m_stepBegan;
};

} // namespace heirloom
