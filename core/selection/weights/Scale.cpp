// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

#include <cmath>

namespace heirloom {
namespace {

/// The paper's d and d' are the widths that a layer reads. The kernel's sides are left out of the
/// ratio: a patch kernel of another size is resampled so that its outputs keep their size.
Result<HostTensor> make(WeightTask task) {
    const auto role = matrixRole(task.spec, task.parameter);
    if (!role || task.source->shape.size() <= role->in)
        return std::move(task.values);
    const auto from = static_cast<double>(task.source->shape[role->in]);
    const auto to = static_cast<double>(task.parameter.shape[role->in]);
    if (from == to || to == 0)
        return std::move(task.values);
    const auto factor = static_cast<float>(std::sqrt(from / to));
    for (float& value : task.values.floats())
        value *= factor;
    return std::move(task.values);
}

} // namespace

const WeightRule scaleRule{
    .name = "scale",
    .title = "Scaled copy",
    .meaning = "The chosen slices, weights of linear layers and convolutions times sqrt(d / d'), d "
               "and d' the teacher's and the student's inputs; norms, biases, embeddings and "
               "tokens as they are",
    .source = "Samragh et al., Weight subcloning, arXiv 2312.09299",
    .options = {},
    .needs = WeightNeed::Slices,
    .draws = false,
    .make = make,
};

} // namespace heirloom
