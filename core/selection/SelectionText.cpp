// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectionText.h"

#include <charconv>

namespace heirloom {
namespace {

template <class Number> std::optional<Number> parseNumber(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace

std::vector<std::string_view> splitText(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
        const auto at = text.find(separator);
        pieces.push_back(text.substr(0, at));
        if (at == std::string_view::npos)
            break;
        text.remove_prefix(at + 1);
        if (text.empty())
            pieces.push_back(text); // "a," has an empty last piece, which its reader refuses
    }
    return pieces;
}

std::optional<std::int64_t> parseInteger(std::string_view text) {
    return parseNumber<std::int64_t>(text);
}

std::optional<std::uint64_t> parseUnsigned(std::string_view text) {
    return parseNumber<std::uint64_t>(text);
}

bool matchesPattern(std::string_view pattern, std::string_view text) {
    // Greedy with one step back: a later '*' can take over whatever an earlier one left, so only
    // the last is ever widened.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace heirloom
