// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/MatrixRole.h"
#include "core/selection/WeightRule.h"

namespace heirloom {

// One line a rule, each defined in the file of its name; WeightRule.cpp lists them.
extern const WeightRule copyRule;
extern const WeightRule scaleRule;
extern const WeightRule noiseRule;
extern const WeightRule cosineRule;
extern const WeightRule permutedRule;
extern const WeightRule scaleOnlyRule;
extern const WeightRule mimeticRule;
extern const WeightRule kaimingRule;
extern const WeightRule xavierRule;
extern const WeightRule truncNormalRule;
extern const WeightRule stockRule;

/// The parameter as the stock class draws it, from the rule's seed.
[[nodiscard]] HostTensor drawStock(const WeightTask& task);

/// The matrix role of what controls draw: weights of linear layers and convolutions, classifiers
/// left out. Norms, biases, tables, tokens, classifiers and buffers stay as the stock class draws
/// them.
[[nodiscard]] std::optional<MatrixRole> drawnRole(const WeightTask& task);

/// F32 of the task's shape, each element `draw(random)` in row-major order.
template <class Draw> [[nodiscard]] HostTensor drawEach(const WeightTask& task, const Draw& draw);

} // namespace heirloom

#include "core/base/Random.h"

template <class Draw>
heirloom::HostTensor heirloom::drawEach(const WeightTask& task, const Draw& draw) {
    auto made = HostTensor::zeros(DType::F32, task.parameter.shape);
    Random random(seedFor(task.seed, task.parameter.name));
    for (float& value : made.floats())
        value = static_cast<float>(draw(random));
    return made;
}
