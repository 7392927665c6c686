// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "core/selection/weights/WeightRules.h"

namespace heirloom {

HostTensor drawStock(const WeightTask& task) { return drawParameter(task.parameter, task.seed); }

std::optional<MatrixRole> drawnRole(const WeightTask& task) {
    return task.parameter.isClassifier ? std::nullopt : matrixRole(task.spec, task.parameter);
}

const WeightRule stockRule{
    .name = "stock",
    .title = "Random, as the stock class",
    .meaning = "Control: drawn as the stock class draws it, equal to the random twin of the same "
               "seed",
    .source = "timm, torchvision, transformers",
    .options = {},
    .needs = WeightNeed::Nothing,
    .draws = true,
    .make = [](WeightTask task) -> Result<HostTensor> { return drawStock(task); },
};

} // namespace heirloom
