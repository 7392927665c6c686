// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace heirloom {

enum class Optimizer { AdamW, Sgd };

/// What to do in one fine-tuning run. The defaults suit a small student on a small set.
struct FineTuneOptions {
    int epochs = 10;
    int batchSize = 64;
    Optimizer optimizer = Optimizer::AdamW;
    double learningRate = 2e-3;        ///< at the end of the warm-up
    double minimumLearningRate = 1e-6; ///< at the end of the cosine
    double warmupEpochs = 0;           ///< linear from 0
    double weightDecay = 0.05;         ///< not on parameters of one axis or none
    double momentum = 0.9;             ///< of SGD
    double labelSmoothing = 0;         ///< in [0, 1)
    bool flip = false;                 ///< horizontal, half of the training images
    int cropPadding = 0;               ///< pixels of zero padding before a random crop of the image's size; 0: no crop
    std::uint64_t seed = 0;            ///< of order and augmentation
    std::string device = "cpu";        ///< "cpu", "cuda", "cuda:1"
    int threads = 0;                   ///< of the CPU, for this run; 0: the engine's choice
};

/// An Error that names the first option out of range, with the range.
[[nodiscard]] Status validate(const FineTuneOptions& options);

} // namespace heirloom
