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
    const bool countsOut = optionOf(task.selection, "mode") == "fan_out";
    const double deviation =
        std::sqrt(2.0 / (countsOut ? fanOut(shape, *role) : fanIn(shape, *role)));
    if (optionOf(task.selection, "distribution") == "normal")
        return drawEach(task, [&](Random& random) { return deviation * random.normal(); });
    const double bound = std::sqrt(3.0) * deviation;
    return drawEach(task, [&](Random& random) { return bound * (2 * random.uniform() - 1); });
}

constexpr RuleOption kOptions[] = {
    {.name = "mode",
     .standard = "fan_in",
     .values = "fan_in|fan_out",
     .meaning = "what the variance is divided by: inputs keep their scale, or gradients do"},
    {.name = "distribution",
     .standard = "normal",
     .values = "normal|uniform",
     .meaning = "of variance 2 / fan either way"},
};

} // namespace

const WeightRule kaimingRule{
    .name = "kaiming",
    .title = "Kaiming",
    .meaning = "Control: weights of linear layers and convolutions of variance 2 / fan; the rest "
               "as the stock class",
    .source = "He et al., ICCV 2015; torch.nn.init.kaiming_normal_",
    .options = kOptions,
    .needs = WeightNeed::Nothing,
    .draws = true,
    .make = make,
};

} // namespace heirloom
