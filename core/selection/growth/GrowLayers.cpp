// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/MatrixRole.h"
#include "core/selection/growth/Growth.h"

#include <algorithm>

namespace heirloom {
namespace {

/// What a branch of a block is added to: the residual stream, or the places (as many as the
/// teacher's) of a token-mixing one.
bool isStream(const ModelSpec& spec, const AxisLayout& axis) {
    const auto kind = onlyKind(spec, axis);
    return kind == SpaceKind::Residual || kind == SpaceKind::Tokens || kind == SpaceKind::Fixed;
}

/// The last layer of a branch: writes to a stream what it read from an inner space.
bool isWriter(const ModelSpec& spec, const Parameter& parameter) {
    const auto role = matrixRole(spec, parameter);
    // A depthwise kernel reads from an axis of size 1, which is fixed.
    return role && isStream(spec, parameter.axes[role->out]) &&
           !isStream(spec, parameter.axes[role->in]);
}

/// DeiT-III's and ConvNeXt's gain at the end of a branch: "ls1.gamma", "gamma",
/// "layer_scale1.lambda1".
bool isLayerScale(const ModelSpec& spec, const Parameter& parameter) {
    const auto& name = parameter.name;
    return parameter.shape.size() == 1 && !parameter.isBuffer &&
           onlyKind(spec, parameter.axes[0]) == SpaceKind::Residual &&
           (name.ends_with("gamma") || name.find("layer_scale") != std::string::npos);
}

bool isBatchNorm(const ModelSpec& spec, const Parameter& parameter) {
    if (!isNormGain(parameter))
        return false;
    const auto stem =
        parameter.name.substr(0, parameter.name.size() - std::string("weight").size());
    return spec.find(stem + "running_mean") != nullptr;
}

} // namespace

LayerSelection growLayers(const ModelSpec& teacher,
                          const ModelSpec& student,
                          const LayerSelection& layers,
                          Growth growth) {
    LayerSelection grown = layers;
    if (growth == Growth::None)
        return grown;
    for (const auto& stack : student.stacks()) {
        const auto theirs = static_cast<int>(teacher.layersOf(stack).size());
        const auto ours = static_cast<int>(student.layersOf(stack).size());
        if (ours <= theirs || theirs == 0 || layers.byHand.contains(stack) ||
            layers.rules.contains(stack))
            continue;
        std::vector<int> positions;
        for (int i = 0; i < ours; ++i)
            positions.push_back(i < theirs || growth == Growth::Stack ? i % theirs : -1);
        grown.byHand[stack] = std::move(positions);
    }
    return grown;
}

std::vector<std::size_t> identityZeros(const ModelSpec& student, int layer) {
    std::vector<std::size_t> norms;
    std::vector<std::size_t> gammas;
    std::vector<std::size_t> writers;
    for (std::size_t i = 0; i < student.parameters.size(); ++i) {
        const auto& parameter = student.parameters[i];
        if (parameter.layer != layer)
            continue;
        if (isOfShortcut(parameter))
            return {}; // a block that changes its width or stride is no identity
        if (isBatchNorm(student, parameter) && isStream(student, parameter.axes[0]))
            norms.push_back(i);
        else if (isLayerScale(student, parameter))
            gammas.push_back(i);
        else if (isWriter(student, parameter))
            writers.push_back(i);
    }
    auto zeros = !norms.empty() ? std::vector{norms.back()} : !gammas.empty() ? gammas : writers;
    if (!gammas.empty() && norms.empty())
        return zeros;
    const auto gains = zeros;
    for (const auto gain : gains) {
        auto name = student.parameters[gain].name;
        name.replace(name.size() - std::string("weight").size(), std::string::npos, "bias");
        const auto bias = std::ranges::find(student.parameters, name, &Parameter::name);
        if (bias != student.parameters.end())
            zeros.push_back(static_cast<std::size_t>(bias - student.parameters.begin()));
    }
    return zeros;
}

} // namespace heirloom
