// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Network.h"
#include "core/engine/TrainingData.h"
#include "core/training/Engine.h"

#include <functional>

namespace heirloom {

/// Cross entropy and correct answers over all images, without gradients, batch norm with its stored
/// statistics.
/// \param goesOn asked before each batch; may wait
/// \return fewer than all images when `goesOn` said no meanwhile (`total` tells)
[[nodiscard]] Result<Evaluation> evaluateNetwork(Network& network,
                                                 Batches& images,
                                                 at::Device device,
                                                 const std::function<bool()>& goesOn);

/// The loop of Engine::fineTune: epochs of shuffled batches, evaluation before the first and after
/// each. Stops before the optimiser's step when loss or gradients are not finite. \throws
/// c10::Error
[[nodiscard]] Result<RunOutcome> trainNetwork(Network& network,
                                              TrainingData& data,
                                              const FineTuneOptions& options,
                                              at::Device device,
                                              RunObserver& observer,
                                              RunControl& control);

/// Steps of one epoch. A last batch of a single image is left out: batch norm has no variance over
/// one.
[[nodiscard]] std::int64_t stepsPerEpoch(std::int64_t images, int batchSize);

/// Sets what torch keeps for each thread: the run's share of the CPU, and backward passes on this
/// thread instead of one shared by all runs.
void prepareThread(int threads);

} // namespace heirloom
