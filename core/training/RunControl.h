// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace heirloom {

/// Pause and stop of one run; asked by the worker at least once a batch, told by any thread.
class RunControl {
public:
    void pause();
    void resume();
    void stop(); ///< also wakes a paused run
    [[nodiscard]] bool isPaused() const;
    [[nodiscard]] bool isStopRequested() const;
    /// Blocks while paused. \return false when the run must stop
    [[nodiscard]] bool waitUntilRunning();

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_paused = false;
    bool m_stop = false;
};

} // namespace heirloom
