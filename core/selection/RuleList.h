// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/RuleOption.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// What a registered rule decides.
enum class RuleKind { Layers, Elements, Weights, Growth };

/// One registered rule as data, whichever list it is registered in.
struct RuleEntry {
    RuleKind kind = RuleKind::Elements;
    std::string_view name;    ///< stable word
    std::string_view title;   ///< for a person
    std::string_view meaning; ///< one line
    std::string_view source;  ///< paper or repository
    std::vector<RuleOption> options;
    /// "nothing", "weights", "scores measured on data", "a list", "the chosen slices"
    std::string_view needs;
};

/// Every registered rule: layers, elements, weights, then growth, each in its own list's order.
[[nodiscard]] std::vector<RuleEntry> ruleList();

/// "layers", "elements", "weights", "growth".
[[nodiscard]] std::string_view ruleKindText(RuleKind kind);

/// A chapter a kind, a section a rule, for a manual; ends with a line feed.
[[nodiscard]] std::string strategiesMarkdown();
/// An array of {kind, name, title, meaning, source, needs, options: [{name, default, values,
/// meaning}]}.
[[nodiscard]] nlohmann::json strategiesJson();

} // namespace heirloom
