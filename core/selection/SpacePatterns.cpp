// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/PlanParts.h"
#include "core/selection/SelectionText.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace heirloom {
namespace {

/// "residual", "blocks.*.mlp": what a strategy chooses on, layers' numbers left out.
std::vector<std::string> patternsOf(const ModelSpec& spec) {
    std::vector<std::string> names;
    for (const auto& space : spec.spaces) {
        if (!isSelectable(space.kind))
            continue;
        std::string name = space.name;
        if (space.layer >= 0) {
            // Spaces are called after the stack whatever a library calls the layer.
            const auto& layer = spec.layers[static_cast<std::size_t>(space.layer)];
            const auto place = fmt::format("{}.{}.", layer.stack, layer.position);
            if (name.starts_with(place))
                name = fmt::format("{}.*.{}", layer.stack, name.substr(place.size()));
        }
        if (std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    }
    return names;
}

} // namespace

Status checkPatterns(const SelectionOptions& options, const ModelSpec& student) {
    for (const auto& [pattern, selection] : options.spaces) {
        const auto isMeant = [&](const IndexSpace& space) {
            return isSelectable(space.kind) && matchesPattern(pattern, space.name);
        };
        if (std::ranges::none_of(student.spaces, isMeant))
            return std::unexpected(
                Error{pattern,
                      "no index space of the student that a strategy chooses on has such a name",
                      fmt::format("There are: {}", fmt::join(patternsOf(student), ", "))});
    }
    return {};
}

} // namespace heirloom
