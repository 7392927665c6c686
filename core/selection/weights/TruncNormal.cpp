// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "core/selection/weights/WeightRules.h"

namespace heirloom {
namespace {

Result<HostTensor> make(WeightTask task) {
    if (!drawnRole(task))
        return drawStock(task);
    Parameter parameter = task.parameter;
    parameter.init = InitRule::TruncNormal;
    parameter.initScale = numberOf(task.selection, "std");
    return drawParameter(parameter, task.seed);
}

constexpr RuleOption kOptions[] = {
    {.name = "std",
     .standard = "0.02",
     .values = positiveNumber,
     .meaning = "standard deviation before the cut at -2 and 2"},
};

} // namespace

const WeightRule truncNormalRule{
    .name = "trunc-normal",
    .title = "Truncated normal",
    .meaning = "Control: weights of linear layers and convolutions normal, cut at -2 and 2; the "
               "rest as the stock class",
    .source = "timm, trunc_normal_",
    .options = kOptions,
    .needs = WeightNeed::Nothing,
    .draws = true,
    .make = make,
};

} // namespace heirloom
