// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/HyperParameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace heirloom {
namespace {

constexpr std::size_t maximumListLength = 64;

/// Sizes of parts that a net can do without.
constexpr std::array<std::string_view, 3> zeroAllowed = {"num_classes", "register_tokens", "types"};

std::optional<std::int64_t> parseInteger(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string namesOf(const HyperParameters& values) {
    std::string names;
    for (const auto& [name, value] : values.entries())
        names += (names.empty() ? "" : ", ") + name;
    return names;
}

std::unexpected<Error> refuse(std::string_view name, std::string text, std::string advice) {
    return std::unexpected(Error{std::string(name), std::move(text), std::move(advice)});
}

Result<HyperValue> parseInteger(std::string_view name, std::string_view text) {
    const auto value = parseInteger(text);
    if (!value)
        return refuse(name,
                      fmt::format("expected a whole number, found '{}'", text),
                      fmt::format("Write {}=N", name));
    const bool mayBeZero = std::ranges::find(zeroAllowed, name) != zeroAllowed.end();
    if (*value < 0 || (*value == 0 && !mayBeZero))
        return refuse(
            name,
            fmt::format("expected a number above {}, found {}", mayBeZero ? "-1" : "0", *value),
            "");
    return *value;
}

Result<HyperValue> parseFlag(std::string_view name, std::string_view text) {
    if (text == "true" || text == "1")
        return true;
    if (text == "false" || text == "0")
        return false;
    return refuse(name, fmt::format("expected true or false, found '{}'", text), "");
}

Result<HyperValue> parseReal(std::string_view name, std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value > 0))
        return refuse(name, fmt::format("expected a number above 0, found '{}'", text), "");
    return value;
}

Result<HyperValue> parseList(std::string_view name, std::string_view text) {
    std::vector<std::int64_t> values;
    for (std::size_t start = 0; start <= text.size();) {
        const auto end = std::min(text.find('-', start), text.size());
        const auto value = parseInteger(text.substr(start, end - start));
        if (!value || *value <= 0 || values.size() == maximumListLength)
            return refuse(
                name,
                fmt::format("expected numbers above 0 joined by dashes, found '{}'", text),
                fmt::format("Write it like {}=2-2-6-2", name));
        values.push_back(*value);
        start = end + 1;
    }
    return values;
}

Result<HyperValue> parseText(std::string_view name, std::string_view text) {
    if (text.empty())
        return refuse(name, "expected a word, found nothing", "");
    return std::string(text);
}

} // namespace

void HyperParameters::set(std::string name, HyperValue value) {
    for (auto& [known, old] : m_entries)
        if (known == name) {
            old = std::move(value);
            return;
        }
    m_entries.emplace_back(std::move(name), std::move(value));
}

const HyperValue* HyperParameters::find(std::string_view name) const {
    for (const auto& [known, value] : m_entries)
        if (known == name)
            return &value;
    return nullptr;
}

std::int64_t HyperParameters::integer(std::string_view name, std::int64_t fallback) const {
    const auto* value = find(name);
    const auto* held = value ? std::get_if<std::int64_t>(value) : nullptr;
    return held ? *held : fallback;
}

bool HyperParameters::flag(std::string_view name, bool fallback) const {
    const auto* value = find(name);
    const auto* held = value ? std::get_if<bool>(value) : nullptr;
    return held ? *held : fallback;
}

std::vector<std::int64_t> HyperParameters::integers(std::string_view name) const {
    const auto* value = find(name);
    const auto* held = value ? std::get_if<std::vector<std::int64_t>>(value) : nullptr;
    return held ? *held : std::vector<std::int64_t>{};
}

std::string HyperParameters::text(std::string_view name) const {
    const auto* value = find(name);
    const auto* held = value ? std::get_if<std::string>(value) : nullptr;
    return held ? *held : std::string{};
}

std::string hyperText(const HyperValue& value) {
    if (const auto* flag = std::get_if<bool>(&value))
        return *flag ? "true" : "false";
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return fmt::format("{}", *integer);
    if (const auto* real = std::get_if<double>(&value))
        return fmt::format("{}", *real);
    if (const auto* text = std::get_if<std::string>(&value))
        return *text;
    return fmt::format("{}", fmt::join(std::get<std::vector<std::int64_t>>(value), "-"));
}

Result<std::vector<HyperChange>> splitChanges(std::string_view changes) {
    std::vector<HyperChange> parts;
    for (std::size_t start = 0; start < changes.size();) {
        const auto end = std::min(changes.find(',', start), changes.size());
        const auto part = changes.substr(start, end - start);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return refuse("",
                          fmt::format("expected name=value, found '{}'", part),
                          "Write changes like depth=6,num_classes=100");
        const auto name = part.substr(0, equals);
        if (std::ranges::find(parts, name, &HyperChange::first) != parts.end())
            return refuse(name, "given twice", "");
        parts.emplace_back(name, part.substr(equals + 1));
        start = end + 1;
        if (start == changes.size())
            return refuse("", "expected name=value after the last comma, found nothing", "");
    }
    return parts;
}

Result<HyperParameters> withChanges(HyperParameters values, std::string_view changes) {
    const auto parts = splitChanges(changes);
    if (!parts)
        return std::unexpected(parts.error());
    for (const auto& [name, text] : *parts) {
        const auto* old = values.find(name);
        if (!old)
            return refuse(name,
                          "there is no hyper-parameter of this name",
                          fmt::format("The names are {}", namesOf(values)));
        Result<HyperValue> value;
        if (std::holds_alternative<std::int64_t>(*old))
            value = parseInteger(name, text);
        else if (std::holds_alternative<bool>(*old))
            value = parseFlag(name, text);
        else if (std::holds_alternative<double>(*old))
            value = parseReal(name, text);
        else if (std::holds_alternative<std::string>(*old))
            value = parseText(name, text);
        else
            value = parseList(name, text);
        if (!value)
            return std::unexpected(value.error());
        values.set(name, std::move(*value));
    }
    return values;
}

} // namespace heirloom
