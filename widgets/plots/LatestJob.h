// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFutureWatcher>
#include <QPromise>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace heirloom {

/// Runs one job at a time beside the GUI thread. A newer request replaces the one that waits; only
/// the newest answer is delivered. The job must hold all it reads; the answer arrives in the thread
/// that owns this object, and not at all once it is gone.
template <class T> class LatestJob {
public:
    LatestJob() {
        QObject::connect(
            &m_watcher, &QFutureWatcher<T>::finished, &m_watcher, [this] { finish(); });
    }

    /// Forgets what runs and what waits.
    void cancel() {
        m_waiting = {};
        m_stale = m_busy;
    }

    void request(std::function<T()> job, std::function<void(T)> done) {
        m_stale = m_busy;
        m_waiting = {std::move(job), std::move(done)};
        if (!m_busy)
            start();
    }

    [[nodiscard]] bool isBusy() const { return m_busy; }

private:
    struct Request {
        std::function<T()> job;
        std::function<void(T)> done;
    };

    void start() {
        m_busy = true;
        m_stale = false;
        m_done = std::move(m_waiting.done);
        auto promise = std::make_shared<QPromise<T>>();
        m_watcher.setFuture(promise->future());
        QThreadPool::globalInstance()->start([promise, job = std::exchange(m_waiting, {}).job] {
            promise->start();
            try {
                promise->addResult(job());
            } catch (const std::bad_alloc&) {
                // No memory for the answer: the caller keeps what it shows.
            }
            promise->finish();
        });
    }

    void finish() {
        m_busy = false;
        const bool wanted = !m_stale;
        auto done = std::move(m_done);
        std::optional<T> answer;
        if (m_watcher.future().resultCount() > 0)
            answer = m_watcher.result();
        if (m_waiting.job)
            start();
        if (wanted && answer)
            done(*std::move(answer));
    }

    QFutureWatcher<T> m_watcher;
    Request m_waiting;
    std::function<void(T)> m_done;
    bool m_busy = false;
    bool m_stale = false;
};

} // namespace heirloom
