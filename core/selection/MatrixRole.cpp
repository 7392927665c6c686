// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/MatrixRole.h"

#include <algorithm>
#include <string_view>

namespace heirloom {
namespace {

/// "embed_tokens", "word_embeddings", "wte": one row a token or a place, not multiplied by. The
/// patch embedding is a convolution all the same.
bool isTable(const Parameter& parameter) {
    const std::string_view name = parameter.name;
    const auto has = [&](std::string_view word) { return name.find(word) != name.npos; };
    return parameter.shape.size() == 2 && !has("patch") &&
           (has("embed") || has("wte.") || has("wpe."));
}

double kernelArea(const Shape& shape) {
    double area = 1;
    for (std::size_t axis = 2; axis < shape.size(); ++axis)
        area *= static_cast<double>(shape[axis]);
    return area;
}

} // namespace

std::optional<MatrixRole> matrixRole(const ModelSpec& spec, const Parameter& parameter) {
    if (parameter.isBuffer || parameter.shape.size() < 2 || !parameter.name.ends_with("weight") ||
        isTable(parameter))
        return std::nullopt;
    const bool isTransposed = spec.family == "gpt2" && parameter.shape.size() == 2 &&
                              parameter.name.find(".c_") != std::string::npos;
    return isTransposed ? MatrixRole{1, 0} : MatrixRole{0, 1};
}

double fanIn(const Shape& shape, const MatrixRole& role) {
    return std::max(1.0, static_cast<double>(shape[role.in]) * kernelArea(shape));
}

double fanOut(const Shape& shape, const MatrixRole& role) {
    return std::max(1.0, static_cast<double>(shape[role.out]) * kernelArea(shape));
}

bool isNormGain(const Parameter& parameter) {
    return !parameter.isBuffer && parameter.shape.size() == 1 &&
           (parameter.name.ends_with(".weight") || parameter.name.ends_with("LayerNorm.gamma"));
}

int onlySpace(const AxisLayout& axis) {
    const bool isOne = axis.segments.size() == 1 && axis.segments[0].spaces.size() == 1;
    return isOne ? axis.segments[0].spaces[0] : -1;
}

std::optional<SpaceKind> onlyKind(const ModelSpec& spec, const AxisLayout& axis) {
    const int space = onlySpace(axis);
    if (space < 0)
        return std::nullopt;
    return spec.spaces[static_cast<std::size_t>(space)].kind;
}

bool isOfShortcut(const Parameter& parameter) {
    return parameter.name.find("downsample") != std::string::npos ||
           parameter.name.find("shortcut") != std::string::npos;
}

bool isProjection(const Parameter& parameter) {
    return isOfShortcut(parameter) && parameter.shape.size() == 4 && parameter.shape[2] == 1 &&
           parameter.shape[3] == 1;
}

} // namespace heirloom
