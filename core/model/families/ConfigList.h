// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace heirloom {

/// A list of whole numbers of a transformers config.json; `fallback` where it is not there or null,
/// an empty list, which no family accepts, where it is something else.
[[nodiscard]] inline std::vector<std::int64_t> configIntegers(const nlohmann::json& config,
                                                              std::string_view key,
                                                              std::vector<std::int64_t> fallback) {
    constexpr std::size_t longest = 64; // more than there are stages
    const auto found = config.find(key);
    if (found == config.end() || found->is_null())
        return fallback;
    std::vector<std::int64_t> numbers;
    if (!found->is_array() || found->size() > longest)
        return numbers;
    for (const auto& one : *found) {
        if (!one.is_number_integer())
            return {};
        numbers.push_back(one.get<std::int64_t>());
    }
    return numbers;
}

} // namespace heirloom
