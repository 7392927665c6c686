// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/TwinComparison.h"

#include <cmath>

namespace heirloom {

std::optional<TwinComparison> compareWithTwin(std::span<const EpochMetrics> run,
                                              std::span<const EpochMetrics> twin) {
    const EpochMetrics* last = nullptr;
    for (const EpochMetrics& e : twin)
        if (std::isfinite(e.validationTop1))
            last = &e;
    if (last == nullptr || last->epoch < 1)
        return std::nullopt;
    const double target = last->validationTop1;
    const EpochMetrics* before = nullptr;
    for (const EpochMetrics& e : run) {
        if (!std::isfinite(e.validationTop1))
            continue;
        if (e.validationTop1 >= target) {
            TwinComparison answer;
            answer.accuracy = target;
            answer.twinEpochs = last->epoch;
            answer.epoch = e.epoch;
            answer.seconds = e.seconds;
            if (before != nullptr) {
                const double share =
                    (target - before->validationTop1) / (e.validationTop1 - before->validationTop1);
                answer.epoch = before->epoch + share * (e.epoch - before->epoch);
                answer.seconds = before->seconds + share * (e.seconds - before->seconds);
            }
            if (answer.epoch > 0)
                answer.timesSooner = answer.twinEpochs / answer.epoch;
            return answer;
        }
        before = &e;
    }
    return std::nullopt;
}

} // namespace heirloom
