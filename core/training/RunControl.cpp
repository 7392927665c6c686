// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/RunControl.h"

namespace heirloom {

void RunControl::pause() {
    const std::scoped_lock lock(m_mutex);
    m_paused = true;
}

void RunControl::resume() {
    {
        const std::scoped_lock lock(m_mutex);
        m_paused = false;
    }
    m_changed.notify_all();
}

void RunControl::stop() {
    {
        const std::scoped_lock lock(m_mutex);
        m_stop = true;
    }
    m_changed.notify_all();
}

bool RunControl::isPaused() const {
    const std::scoped_lock lock(m_mutex);
    return m_paused;
}

bool RunControl::isStopRequested() const {
    const std::scoped_lock lock(m_mutex);
    return m_stop;
}

bool RunControl::waitUntilRunning() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_paused || m_stop; });
    return !m_stop;
}

} // namespace heirloom
