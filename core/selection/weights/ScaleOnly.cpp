// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

#include <cmath>

namespace heirloom {
namespace {

Result<HostTensor> make(WeightTask task) {
    const auto values = task.values.floats();
    if (task.parameter.isBuffer || values.empty())
        return drawStock(task);
    double sum = 0;
    double square = 0;
    for (const float value : values)
        sum += value;
    const double mean = sum / static_cast<double>(values.size());
    for (const float value : values)
        square += (value - mean) * (value - mean);
    const double deviation = std::sqrt(square / static_cast<double>(values.size()));
    return drawEach(task, [&](Random& random) { return mean + deviation * random.normal(); });
}

} // namespace

const WeightRule scaleOnlyRule{
    .name = "scale-only",
    .title = "Scale only",
    .meaning =
        "Control: normal draws with the mean and standard deviation of the teacher's tensor, "
        "norms and biases too; buffers as the stock class has them",
    .source = "control of Heirloom",
    .options = {},
    .needs = WeightNeed::Teacher,
    .draws = true,
    .make = make,
};

} // namespace heirloom
