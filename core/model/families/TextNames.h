// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace heirloom {

/// Whether `given` names the published model `known`: capitals do not count, and an organisation in
/// front is passed over ("google-bert/bert-base-uncased").
[[nodiscard]] inline bool sameModelName(std::string_view given, std::string_view known) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (const auto slash = given.find('/'); slash != std::string_view::npos && slash > 0)
        given.remove_prefix(slash + 1);
    return std::ranges::equal(given, known, {}, lower, lower);
}

/// Whether a user gave a value for `name` himself.
[[nodiscard]] inline bool isGiven(const std::vector<std::string>& given, std::string_view name) {
    return std::ranges::find(given, name) != given.end();
}

/// The same share of another whole: an MLP's hidden size where dim changes.
[[nodiscard]] inline std::int64_t inProportion(std::int64_t part,
                                               std::int64_t whole,
                                               std::int64_t newWhole) {
    return static_cast<std::int64_t>(static_cast<double>(part) / static_cast<double>(whole) *
                                         static_cast<double>(newWhole) +
                                     0.5);
}

} // namespace heirloom
