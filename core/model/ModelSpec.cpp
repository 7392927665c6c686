// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelSpec.h"

#include <algorithm>

namespace heirloom {

const Parameter* ModelSpec::find(std::string_view parameterName) const {
    const auto found = std::ranges::find(parameters, parameterName, &Parameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

int ModelSpec::spaceIndex(std::string_view spaceName) const {
    const auto found = std::ranges::find(spaces, spaceName, &IndexSpace::name);
    return found == spaces.end() ? -1 : static_cast<int>(found - spaces.begin());
}

std::int64_t ModelSpec::parameterCount() const {
    std::int64_t count = 0;
    for (const auto& parameter : parameters)
        if (!parameter.isBuffer)
            count += elementCount(parameter.shape).value_or(0);
    return count;
}

std::vector<std::string> ModelSpec::stacks() const {
    std::vector<std::string> names;
    for (const auto& layer : layers)
        if (std::ranges::find(names, layer.stack) == names.end())
            names.push_back(layer.stack);
    return names;
}

std::vector<int> ModelSpec::layersOf(std::string_view stack) const {
    std::vector<int> indices;
    for (std::size_t i = 0; i < layers.size(); ++i)
        if (layers[i].stack == stack)
            indices.push_back(static_cast<int>(i));
    std::ranges::stable_sort(
        indices, {}, [&](int i) { return layers[static_cast<std::size_t>(i)].position; });
    return indices;
}

} // namespace heirloom
