// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/Metrics.h"

#include <optional>
#include <span>

namespace heirloom {

/// Where a run's held-out accuracy first equals the last one of its random twin.
struct TwinComparison {
    double epoch = 0;     ///< between two evaluations by a straight line
    double seconds = 0;   ///< the same on the run's clock
    double accuracy = 0;  ///< the twin's last, in [0, 1]
    int twinEpochs = 0;   ///< the twin's last epoch
    double timesSooner = 0; ///< twinEpochs / epoch; 0 where the run starts above the twin's end
};

/// Both in the order of their epochs; evaluations without a finite accuracy are passed over.
/// \return nothing before the twin's first trained epoch, or while the run has not come so far
[[nodiscard]] std::optional<TwinComparison> compareWithTwin(std::span<const EpochMetrics> run,
                                                            std::span<const EpochMetrics> twin);

} // namespace heirloom
