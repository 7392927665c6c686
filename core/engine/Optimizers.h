// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Torch.h"
#include "core/training/FineTuneOptions.h"

#include <memory>
#include <vector>

namespace heirloom {

/// Changes parameters by their gradients. Parameters of one axis or none are not decayed.
class ParameterUpdate {
public:
    virtual ~ParameterUpdate() = default;
    /// One step at this learning rate. Gradients are dropped afterwards. \pre every parameter has
    /// one
    void step(double learningRate);
    /// Whether every gradient of the last backward pass is finite.
    [[nodiscard]] bool gradientsAreFinite() const;

protected:
    /// Parameters that share a weight decay, with their optimiser state in `first`, `second`,
    /// `steps`.
    struct Group {
        double weightDecay = 0;
        std::vector<at::Tensor> parameters, first, second, steps;
    };
    ParameterUpdate(const std::vector<at::Tensor>& parameters, double weightDecay);
    virtual void update(Group& group,
                        const std::vector<at::Tensor>& gradients,
                        double learningRate) = 0;

    std::vector<Group> m_groups;
};

/// AdamW (Loshchilov and Hutter 2019), betas 0.9 and 0.999, eps 1e-8, as torch.optim.AdamW.
[[nodiscard]] std::unique_ptr<ParameterUpdate> makeAdamW(const std::vector<at::Tensor>& parameters,
                                                         double weightDecay);

/// SGD with momentum, decay added to the gradient, as torch.optim.SGD.
[[nodiscard]] std::unique_ptr<ParameterUpdate> makeSgd(const std::vector<at::Tensor>& parameters,
                                                       double weightDecay,
                                                       double momentum);

[[nodiscard]] std::unique_ptr<ParameterUpdate> makeUpdate(const std::vector<at::Tensor>& parameters,
                                                          const FineTuneOptions& options);

/// Rate of update `step` in [0, epochs * stepsPerEpoch): linear from 0 to learningRate over the
/// warm-up, then a half cosine towards minimumLearningRate. The rule of the weight-selection
/// authors' cosine_scheduler: the warm-up's last update and the cosine's first both have the full
/// rate.
[[nodiscard]] double learningRateAt(const FineTuneOptions& options,
                                    std::int64_t stepsPerEpoch,
                                    std::int64_t step);

} // namespace heirloom
