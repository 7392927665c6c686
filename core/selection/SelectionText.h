// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace heirloom {

/// The pieces between separators; an empty text has none.
[[nodiscard]] std::vector<std::string_view> splitText(std::string_view text, char separator);

/// A whole decimal number and nothing else; empty when it is not one or does not fit.
[[nodiscard]] std::optional<std::int64_t> parseInteger(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parseUnsigned(std::string_view text);

/// Whether `pattern`, in which each '*' stands for any run of characters, describes the whole of
/// `text`.
[[nodiscard]] bool matchesPattern(std::string_view pattern, std::string_view text);

} // namespace heirloom
