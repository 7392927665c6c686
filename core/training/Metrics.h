// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace heirloom {

/// Reported after each optimiser step.
struct StepMetrics {
    std::int64_t step = 0;   ///< from 1
    double epoch = 0;        ///< step / steps an epoch: 2.5 is the middle of the third
    double loss = 0;         ///< cross entropy of the batch, nats, before the step
    double learningRate = 0;
    double seconds = 0;      ///< since the run began, without pauses
};

/// Reported before the first step (epoch 0) and after each epoch.
struct EpochMetrics {
    int epoch = 0;
    double validationLoss = 0; ///< cross entropy without smoothing, nats a held-out image; NaN without a held-out set
    double validationTop1 = 0; ///< share right, in [0, 1]; NaN without a held-out set
    double seconds = 0;
};

/// Answer of an evaluation.
struct Evaluation {
    std::int64_t correct = 0;
    std::int64_t total = 0;
    double loss = 0; ///< nats an image
};

} // namespace heirloom
