// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/model/ModelSpec.h"
#include "core/training/DataSource.h"
#include "core/training/FineTuneOptions.h"
#include "core/training/Metrics.h"
#include "core/training/RunControl.h"

#include <memory>
#include <string>
#include <vector>

namespace heirloom {

/// Told what happens in a run, on the run's thread.
class RunObserver {
public:
    virtual ~RunObserver() = default;
    virtual void started(std::int64_t stepsPerEpoch) { (void)stepsPerEpoch; }
    virtual void stepDone(const StepMetrics& metrics) = 0;
    virtual void epochDone(const EpochMetrics& metrics) = 0;
};

enum class RunEnding {
    Done,
    Stopped,  ///< on request; the weights are those after the last whole step
    Diverged  ///< the loss was not finite; stopped before the optimiser step, the weights are the last finite ones
};

struct RunOutcome {
    RunEnding ending = RunEnding::Done;
    std::string message; ///< for Diverged: "loss became NaN at step 812; stopped before the weights changed"
    StateDict weights;   ///< stock names, float32 on the host, buffers included
};

struct EngineInfo {
    std::string torchVersion;         ///< "2.13.0"
    std::string torchFolder;
    std::vector<std::string> devices; ///< "cpu", then "cuda:0" ... where usable
    std::string gpuNote;              ///< why there is no CUDA device, in a sentence; empty when there is one
};

/// Forward results for comparing with other programs.
struct ForwardResult {
    HostTensor logits; ///< [N, classes] float32
};

/// Trains and evaluates. The only implementation lives in core/engine and links LibTorch; it is loaded when first needed (EngineLoader.h).
/// All functions may be called from several threads at once, each call with its own model; none throws.
class Engine {
public:
    virtual ~Engine() = default;

    [[nodiscard]] virtual EngineInfo info() const = 0;

    /// Looks at a dataset's names and first image only.
    [[nodiscard]] virtual Result<DatasetInfo> describeData(const DataSource& source) const = 0;

    /// \param input [N, C, H, W] float32, already normalised
    [[nodiscard]] virtual Result<ForwardResult> forward(const ModelSpec& model, const StateDict& weights,
                                                        const HostTensor& input, const std::string& device) const = 0;

    /// On the held-out images; on the training images when there are no others.
    [[nodiscard]] virtual Result<Evaluation> evaluate(const ModelSpec& model, const StateDict& weights,
                                                      const DataSource& source, const std::string& device,
                                                      RunControl& control) const = 0;

    /// Runs to its end on the calling thread. Equal weights, data, options and device "cpu" give equal curves.
    [[nodiscard]] virtual Result<RunOutcome> fineTune(const ModelSpec& model, const StateDict& weights,
                                                      const DataSource& source, const FineTuneOptions& options,
                                                      RunObserver& observer, RunControl& control) const = 0;
};

} // namespace heirloom
