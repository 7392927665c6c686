// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <QHash>
#include <QObject>
#include <QString>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <stop_token>

namespace heirloom {

/// The border between worker threads and Qt's event loop: work runs on a pool, its answer arrives
/// on this object's thread. Jobs have lanes; a newer job of a lane stops the older one, whose
/// answer is then dropped.
class JobRunner final : public QObject {
    Q_OBJECT

public:
    explicit JobRunner(QObject* parent = nullptr);
    ~JobRunner() override; ///< asks all jobs to stop and waits for them

    template <class T>
    void run(const QString& lane,
             std::function<Result<T>(std::stop_token)> work,
             std::function<void(Result<T>)> done) {
        auto answer = std::make_shared<Result<T>>(std::unexpected(Error{}));
        start(
            lane,
            [answer, work = std::move(work)](std::stop_token stop) { *answer = work(stop); },
            [answer, done = std::move(done)] { done(std::move(*answer)); });
    }

    /// Stops the lane's job; its answer is dropped.
    void cancel(const QString& lane);
    [[nodiscard]] bool isBusy(const QString& lane) const { return m_lanes.contains(lane); }

signals:
    void busyChanged(const QString& lane, bool busy);

private:
    struct Lane {
        quint64 ticket = 0;
        std::stop_source stop;
    };

    void start(const QString& lane,
               std::function<void(std::stop_token)> work,
               std::function<void()> deliver);
    void finish(const QString& lane, quint64 ticket, const std::function<void()>& deliver);

    QHash<QString, Lane> m_lanes;
    quint64 m_lastTicket = 0;
    QThreadPool m_pool; ///< last, so that its threads end first
};

} // namespace heirloom
