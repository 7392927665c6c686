// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

#include <cmath>

namespace heirloom {
namespace {

Result<HostTensor> make(WeightTask task) {
    const auto role = drawnRole(task);
    if (!role)
        return drawStock(task);
    const auto& shape = task.parameter.shape;
    const double deviation = std::sqrt(2.0 / (fanIn(shape, *role) + fanOut(shape, *role)));
    if (optionOf(task.selection, "distribution") == "normal")
        return drawEach(task, [&](Random& random) { return deviation * random.normal(); });
    const double bound = std::sqrt(3.0) * deviation;
    return drawEach(task, [&](Random& random) { return bound * (2 * random.uniform() - 1); });
}

constexpr RuleOption kOptions[] = {
    {.name = "distribution",
     .standard = "uniform",
     .values = "uniform|normal",
     .meaning = "of variance 2 / (fan in + fan out) either way"},
};

} // namespace

const WeightRule xavierRule{
    .name = "xavier",
    .title = "Xavier",
    .meaning = "Control: weights of linear layers and convolutions of variance 2 / (fan in + fan "
               "out), a fused qkv as one matrix; the rest as the stock class",
    .source = "Glorot, Bengio, AISTATS 2010; torch.nn.init.xavier_uniform_",
    .options = kOptions,
    .needs = WeightNeed::Nothing,
    .draws = true,
    .make = make,
};

} // namespace heirloom
