// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"
#include "core/model/Families.h"
#include "core/selection/SelectionPlan.h"
#include "tests/support/FillCheckpoint.h"

#include <memory>
#include <string>
#include <vector>

namespace heirloom::test {

/// ViT-S and ViT-T, few blocks deep; weights by the fill rule.
struct MapModels {
    std::shared_ptr<const ModelSpec> teacher =
        std::make_shared<ModelSpec>(modelFromName("vit_small_patch16_224:depth=4").value());
    std::shared_ptr<const ModelSpec> student = std::make_shared<ModelSpec>(
        modelFromName("vit_tiny_patch16_224:depth=3,num_classes=100").value());
    std::shared_ptr<const Checkpoint> weights = weightsOf(*teacher);

    static std::shared_ptr<const Checkpoint> weightsOf(const ModelSpec& spec) {
        std::vector<TensorInfo> tensors;
        for (const Parameter& parameter : spec.parameters)
            tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
        return fillCheckpoint(std::move(tensors));
    }

    [[nodiscard]] std::shared_ptr<const SelectionPlan> plan(
        const SelectionOptions& options = {}) const {
        return std::make_shared<const SelectionPlan>(
            planSelection(teacher, student, options, weights.get()).value());
    }
    [[nodiscard]] std::shared_ptr<const SelectionPlan> planOfLayers(const char* layers) const {
        SelectionOptions options;
        options.layers = parseLayerSelection(layers).value();
        return plan(options);
    }
    [[nodiscard]] std::shared_ptr<const SelectionPlan> planOfElement(const char* element) const {
        SelectionOptions options;
        options.element = parseElementSelection(element).value();
        return plan(options);
    }
    [[nodiscard]] std::shared_ptr<const ParameterView> view(const SelectionPlan& plan,
                                                            const char* parameter) const {
        return std::make_shared<const ParameterView>(
            viewParameter(*weights, plan, parameter).value());
    }
};

} // namespace heirloom::test
