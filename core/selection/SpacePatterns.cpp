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
            const auto& prefix = spec.layers[static_cast<std::size_t>(space.layer)].prefix;
            const auto end = prefix.find_last_not_of("0123456789");
            if (name.starts_with(prefix) && end != std::string::npos)
                name = fmt::format("{}*{}", prefix.substr(0, end + 1), name.substr(prefix.size()));
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
