// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace heirloom {

/// A whole number of a transformers config.json; `fallback` where it is not there or null, -1 where
/// it is something else, which no family accepts as a size.
[[nodiscard]] std::int64_t configInteger(const nlohmann::json& config,
                                         std::string_view key,
                                         std::int64_t fallback);
[[nodiscard]] bool configFlag(const nlohmann::json& config, std::string_view key, bool fallback);
/// Empty where it is not there or no text.
[[nodiscard]] std::string configText(const nlohmann::json& config, std::string_view key);

/// The first class that the config names ("BertForMaskedLM"); empty when it names none.
[[nodiscard]] std::string configClass(const nlohmann::json& config);
/// Labels of a classifier: entries of id2label, else num_labels, else transformers' default of 2.
[[nodiscard]] std::int64_t configClasses(const nlohmann::json& config);

} // namespace heirloom
