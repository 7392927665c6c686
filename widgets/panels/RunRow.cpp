// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/RunRow.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace heirloom {

namespace {

constexpr QChar thin(0x202F);

QString tr(const char* text) { return QCoreApplication::translate("RunRow", text); }

QString number(double value, const char* unit) {
    const int decimals = std::abs(value) < 10 && std::abs(value - std::round(value)) > 0.05 ? 1 : 0;
    return QString::number(value, 'f', decimals) + thin + QString::fromLatin1(unit);
}

} // namespace

QString stateText(RunState state) {
    switch (state) {
    case RunState::Waiting: return tr("waiting");
    case RunState::Loading: return tr("loading");
    case RunState::Running: return tr("running");
    case RunState::Paused: return tr("paused");
    case RunState::Done: return tr("done");
    case RunState::Stopped: return tr("stopped");
    case RunState::Diverged: return tr("diverged");
    case RunState::Failed: return tr("failed");
    }
    return {};
}

bool isActive(RunState state) {
    return state == RunState::Waiting || state == RunState::Loading || state == RunState::Running ||
           state == RunState::Paused;
}

bool hasFailed(RunState state) { return state == RunState::Diverged || state == RunState::Failed; }

double runShare(const RunSnapshot& run) {
    if (run.totalSteps <= 0)
        return 0;
    return std::clamp(static_cast<double>(run.step) / static_cast<double>(run.totalSteps), 0.0, 1.0);
}

QString percentText(const RunSnapshot& run) {
    if (run.totalSteps <= 0)
        return {};
    // Never "100 %" before the end.
    const int percent = static_cast<int>(std::floor(100 * runShare(run)));
    return QString::number(percent) + thin + QLatin1Char('%');
}

QString rateText(double stepsPerSecond) {
    if (!(stepsPerSecond > 0) || !std::isfinite(stepsPerSecond))
        return {};
    if (stepsPerSecond < 0.95)
        return number(1 / stepsPerSecond, "s/it");
    return number(stepsPerSecond, "it/s");
}

QString timeLeftText(double seconds) {
    if (!(seconds >= 0) || !std::isfinite(seconds))
        return {};
    if (seconds < 10)
        return tr("%1 left").arg(QString::number(std::max(1.0, std::ceil(seconds))) + thin + QLatin1Char('s'));
    const double low = seconds * 0.87;
    const double high = seconds * 1.15;
    const auto range = [](double from, double to, const char* unit) {
        const auto a = std::max<qint64>(1, std::llround(from));
        const auto b = std::max<qint64>(a, std::llround(to));
        const QString tail = thin + QString::fromLatin1(unit);
        return a == b ? tr("about %1 left").arg(QString::number(a) + tail)
                      : tr("%1 to %2 left").arg(a).arg(QString::number(b) + tail);
    };
    if (high < 90)
        return range(low, high, "s");
    if (high < 90 * 60)
        return range(low / 60, high / 60, "min");
    return range(low / 3600, high / 3600, "h");
}

QString durationText(double seconds) {
    const auto whole = std::max<qint64>(0, std::llround(seconds));
    const auto part = [](qint64 value, const char* unit) {
        return QString::number(value) + thin + QString::fromLatin1(unit);
    };
    if (seconds < 10 && seconds > 0)
        return number(seconds, "s");
    if (whole < 60)
        return part(whole, "s");
    if (whole < 3600)
        return part(whole / 60, "min") + (whole % 60 != 0 ? QLatin1Char(' ') + part(whole % 60, "s") : QString());
    return part(whole / 3600, "h") + QLatin1Char(' ') + part(whole % 3600 / 60, "min");
}

QString paceText(const RunSnapshot& run) {
    QStringList parts;
    if (run.state == RunState::Running) {
        parts << rateText(run.stepsPerSecond) << timeLeftText(run.secondsLeft);
        parts.removeAll(QString());
    }
    return parts.join(QStringLiteral(" · "));
}

} // namespace heirloom
