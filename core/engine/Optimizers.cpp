// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Optimizers.h"

#include <cmath>
#include <numbers>

namespace heirloom {
namespace {

class AdamW final : public ParameterUpdate {
public:
    AdamW(const std::vector<at::Tensor>& parameters, double weightDecay)
        : ParameterUpdate(parameters, weightDecay) {
        for (Group& group : m_groups)
            for (const at::Tensor& parameter : group.parameters) {
                group.first.push_back(at::zeros_like(parameter));
                group.second.push_back(at::zeros_like(parameter));
                group.steps.push_back(
                    at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)));
            }
    }

private:
    void update(Group& group,
                const std::vector<at::Tensor>& gradients,
                double learningRate) override {
        at::_foreach_add_(group.steps, 1);
        at::_fused_adamw_(group.parameters,
                          gradients,
                          group.first,
                          group.second,
                          {},
                          group.steps,
                          learningRate,
                          0.9,
                          0.999,
                          group.weightDecay,
                          1e-8,
                          /*amsgrad=*/false,
                          /*maximize=*/false);
    }
};

class Sgd final : public ParameterUpdate {
public:
    Sgd(const std::vector<at::Tensor>& parameters, double weightDecay, double momentum)
        : ParameterUpdate(parameters, weightDecay), m_momentum(momentum) {}

private:
    void update(Group& group,
                const std::vector<at::Tensor>& gradients,
                double learningRate) override {
        std::vector<at::Tensor> change = gradients;
        if (group.weightDecay != 0)
            change = at::_foreach_add(gradients, group.parameters, group.weightDecay);
        if (m_momentum != 0) {
            if (group.first.empty()) { // the first step's change is the gradient itself, not (1 -
                                       // momentum) of it
                for (const at::Tensor& tensor : change)
                    group.first.push_back(tensor.clone());
            } else {
                at::_foreach_mul_(group.first, m_momentum);
                at::_foreach_add_(group.first, change);
            }
            change = group.first;
        }
        at::_foreach_add_(group.parameters, change, -learningRate);
    }

    double m_momentum;
};

} // namespace

ParameterUpdate::ParameterUpdate(const std::vector<at::Tensor>& parameters, double weightDecay)
    : m_groups(2) {
    m_groups[0].weightDecay = weightDecay;
    for (const at::Tensor& parameter : parameters)
        m_groups[parameter.dim() > 1 ? 0 : 1].parameters.push_back(parameter);
    std::erase_if(m_groups, [](const Group& group) { return group.parameters.empty(); });
}

void ParameterUpdate::step(double learningRate) {
    const c10::NoGradGuard noGradient;
    for (Group& group : m_groups) {
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& parameter : group.parameters)
            gradients.push_back(parameter.grad());
        update(group, gradients, learningRate);
        for (at::Tensor& parameter : group.parameters)
            parameter.mutable_grad().reset();
    }
}

bool ParameterUpdate::gradientsAreFinite() const {
    const c10::NoGradGuard noGradient;
    const at::TensorOptions options =
        m_groups.front().parameters.front().options().requires_grad(false);
    const at::Tensor found = at::zeros({1}, options);
    const at::Tensor one = at::ones({1}, options);
    for (const Group& group : m_groups) {
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& parameter : group.parameters)
            gradients.push_back(parameter.grad());
        at::_amp_foreach_non_finite_check_and_unscale_(
            gradients, const_cast<at::Tensor&>(found), one);
    }
    return found.item<float>() == 0;
}

std::unique_ptr<ParameterUpdate> makeAdamW(const std::vector<at::Tensor>& parameters,
                                           double weightDecay) {
    return std::make_unique<AdamW>(parameters, weightDecay);
}

std::unique_ptr<ParameterUpdate> makeSgd(const std::vector<at::Tensor>& parameters,
                                         double weightDecay,
                                         double momentum) {
    return std::make_unique<Sgd>(parameters, weightDecay, momentum);
}

std::unique_ptr<ParameterUpdate> makeUpdate(const std::vector<at::Tensor>& parameters,
                                            const FineTuneOptions& options) {
    return options.optimizer == Optimizer::AdamW
               ? makeAdamW(parameters, options.weightDecay)
               : makeSgd(parameters, options.weightDecay, options.momentum);
}

double learningRateAt(const FineTuneOptions& options,
                      std::int64_t stepsPerEpoch,
                      std::int64_t step) {
    const auto warmup =
        static_cast<std::int64_t>(options.warmupEpochs * static_cast<double>(stepsPerEpoch));
    if (step < warmup)
        return warmup == 1 ? 0
                           : options.learningRate * static_cast<double>(step) /
                                 static_cast<double>(warmup - 1);
    const auto length = static_cast<double>(options.epochs * stepsPerEpoch - warmup);
    const double cosine = std::cos(std::numbers::pi * static_cast<double>(step - warmup) / length);
    return options.minimumLearningRate +
           0.5 * (options.learningRate - options.minimumLearningRate) * (1 + cosine);
}

} // namespace heirloom
