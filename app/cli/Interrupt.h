// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <thread>

namespace heirloom::cli {

/// From now on the first SIGINT or SIGTERM is only noted; the second ends the program.
void catchInterrupt();
[[nodiscard]] bool wasInterrupted();

/// While it lives, the first SIGINT or SIGTERM of the program asks a job to stop, which then takes
/// back what it has begun. One at a time.
class StopOnInterrupt {
public:
    StopOnInterrupt();
    ~StopOnInterrupt();
    StopOnInterrupt(const StopOnInterrupt&) = delete;
    StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
    [[nodiscard]] std::stop_token token() const { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    std::thread m_waiter;
};

} // namespace heirloom::cli
