// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/JobRunner.h"

#include <QMetaObject>
#include <QThread>

#include <algorithm>

namespace heirloom {

JobRunner::JobRunner(QObject* parent) : QObject(parent) {
    // A long export must not keep a heatmap waiting, also on two cores.
    m_pool.setMaxThreadCount(std::max(4, QThread::idealThreadCount()));
}

JobRunner::~JobRunner() {
    for (auto& lane : m_lanes)
        lane.stop.request_stop();
    m_pool.waitForDone();
}

void JobRunner::start(const QString& lane,
                      std::function<void(std::stop_token)> work,
                      std::function<void()> deliver) {
    const bool wasBusy = m_lanes.contains(lane);
    if (wasBusy)
        m_lanes[lane].stop.request_stop();
    Lane entry;
    entry.ticket = ++m_lastTicket;
    m_lanes[lane] = entry;
    m_pool.start([this, lane, entry, work = std::move(work), deliver = std::move(deliver)] {
        if (!entry.stop.stop_requested())
            work(entry.stop.get_token());
        QMetaObject::invokeMethod(
            this,
            [this, lane, ticket = entry.ticket, deliver] { finish(lane, ticket, deliver); },
            Qt::QueuedConnection);
    });
    if (!wasBusy)
        emit busyChanged(lane, true);
}

void JobRunner::finish(const QString& lane, quint64 ticket, const std::function<void()>& deliver) {
    const auto found = m_lanes.constFind(lane);
    if (found == m_lanes.constEnd() || found->ticket != ticket)
        return;
    m_lanes.erase(found);
    emit busyChanged(lane, false);
    deliver();
}

void JobRunner::cancel(const QString& lane) {
    const auto found = m_lanes.find(lane);
    if (found == m_lanes.end())
        return;
    found->stop.request_stop();
    m_lanes.erase(found);
    emit busyChanged(lane, false);
}

} // namespace heirloom
