// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleText.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace heirloom {
namespace {

std::optional<std::uint32_t> hexDigits(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

void appendUtf8(std::string& out, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3f));
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

std::optional<char> simpleEscape(char letter) {
    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '\\':
    case '\'':
    case '"':
        return letter;
    default:
        return std::nullopt;
    }
}

} // namespace

Result<std::string> unquotedPickleString(std::string_view line) {
    if (line.size() < 2 || line.front() != line.back() ||
        (line.front() != '\'' && line.front() != '"'))
        return fail({}, "a string is not quoted");
    line = line.substr(1, line.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\\') {
            out += line[i];
            continue;
        }
        if (++i == line.size())
            return fail({}, "a string ends inside an escape");
        if (const auto simple = simpleEscape(line[i])) {
            out += *simple;
        } else if (const auto value = line[i] == 'x' && i + 2 < line.size()
                                          ? hexDigits(line.substr(i + 1, 2))
                                          : std::nullopt) {
            out += static_cast<char>(*value);
            i += 2;
        } else {
            return fail({}, "a string holds an unknown escape");
        }
    }
    return out;
}

Result<std::string> unescapedPickleUnicode(std::string_view line) {
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char next = i + 1 < line.size() ? line[i + 1] : '\0';
        const std::size_t digits = line[i] != '\\' ? 0 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
        if (digits == 0) {
            appendUtf8(out, static_cast<unsigned char>(line[i]));
            continue;
        }
        const auto point =
            i + 2 + digits <= line.size() ? hexDigits(line.substr(i + 2, digits)) : std::nullopt;
        if (!point || *point > 0x10ffff)
            return fail({}, "a text holds a broken escape");
        appendUtf8(out, *point);
        i += 1 + digits;
    }
    return out;
}

} // namespace heirloom
