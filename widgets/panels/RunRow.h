// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/FineTuneRun.h"

#include <QString>

namespace heirloom {

/// How a run looks wherever it is shown.
struct RunRow {
    int id = 0;
    QString label;       ///< "Run 3 · selected, uniform"
    int series = 0;      ///< colour in the theme
    bool dashed = false; ///< the random twin
    int group = 0;       ///< a run and its twin share it
};

[[nodiscard]] QString stateText(RunState state); ///< "running"
[[nodiscard]] bool isActive(RunState state);     ///< waiting, loading, running or paused
[[nodiscard]] bool hasFailed(RunState state);    ///< diverged or failed: it has a message
[[nodiscard]] double runShare(const RunSnapshot& run);    ///< of its steps, in [0, 1]; 0 while their number is unknown
[[nodiscard]] QString percentText(const RunSnapshot& run); ///< "64 %"
[[nodiscard]] QString rateText(double stepsPerSecond);     ///< "231 it/s", "2.4 s/it"; empty for none
/// "6 s left", "5 to 7 min left": a range, since the rate is an estimate; empty while unknown.
[[nodiscard]] QString timeLeftText(double seconds);
[[nodiscard]] QString durationText(double seconds); ///< "8 s", "3 min 20 s", "2 h 5 min"
[[nodiscard]] QString paceText(const RunSnapshot& run);    ///< "231 it/s · 6 s left"

} // namespace heirloom
