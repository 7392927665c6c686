// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/JsonCursor.h"

#include "core/checkpoint/PlainText.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace heirloom {
namespace {

constexpr std::uint64_t largestNumber = std::uint64_t{1} << 48;

constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Characters that a string holds as they are: neither quote, backslash, control nor beyond ASCII.
constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x80; ++c)
        table[c] = c != '"' && c != '\\';
    return table;
}();

void appendUtf8(std::string& out, unsigned point) {
    const auto add = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        add(point);
    } else if (point < 0x800) {
        add(0xc0 | point >> 6);
        add(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        add(0xe0 | point >> 12);
        add(0x80 | (point >> 6 & 0x3f));
        add(0x80 | (point & 0x3f));
    } else {
        add(0xf0 | point >> 18);
        add(0x80 | (point >> 12 & 0x3f));
        add(0x80 | (point >> 6 & 0x3f));
        add(0x80 | (point & 0x3f));
    }
}

} // namespace

bool JsonCursor::failAt(std::size_t at, std::string_view what) {
    if (m_trouble.empty())
        m_trouble = fmt::format("byte {} is no valid JSON: {}", at, what);
    m_at = m_text.size();
    return false;
}

char JsonCursor::next() {
    while (m_at < m_text.size()) {
        const char c = m_text[m_at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return c;
        ++m_at;
    }
    return '\0';
}

bool JsonCursor::accept(char c) {
    if (next() != c || m_at == m_text.size())
        return false;
    ++m_at;
    return true;
}

bool JsonCursor::expect(char c) {
    if (accept(c))
        return true;
    return failAt(m_at,
                  m_at == m_text.size() ? std::string("the text ends early")
                                        : fmt::format("'{}' should stand here", c));
}

void JsonCursor::skipPlain() {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    while (m_text.size() - m_at >= sizeof(__m128i)) {
        const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&m_text[m_at]));
        // As signed bytes, those beyond ASCII are below the space too.
        const __m128i other =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, backslash)),
                         _mm_cmplt_epi8(text, space));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(other));
        if (mask != 0) {
            m_at += static_cast<std::size_t>(std::countr_zero(mask));
            return;
        }
        m_at += sizeof(__m128i);
    }
#endif
    while (m_at < m_text.size() && plain[static_cast<unsigned char>(m_text[m_at])])
        ++m_at;
}

bool JsonCursor::string(std::string_view& value) {
    if (!expect('"'))
        return false;
    const std::size_t begin = m_at;
    bool isAscii = true;
    for (; skipPlain(), m_at < m_text.size(); ++m_at) {
        const char c = m_text[m_at];
        if (c == '"') {
            value = m_text.substr(begin, m_at - begin);
            ++m_at;
            return isAscii || isPlainUtf8(value) || failAt(begin, "a string is not UTF-8");
        }
        if (c == '\\') {
            m_buffer.assign(m_text.substr(begin, m_at - begin));
            return escapedString(value);
        }
        if (static_cast<unsigned char>(c) < 0x80)
            return failAt(m_at, "a control character stands in a string");
        isAscii = false;
    }
    return failAt(m_at, "the text ends inside a string");
}

/// From the first backslash on; m_buffer holds what came before.
bool JsonCursor::escapedString(std::string_view& value) {
    const std::size_t begin = m_at;
    while (m_at < m_text.size()) {
        const char c = m_text[m_at];
        if (c == '"') {
            ++m_at;
            if (!isPlainUtf8(m_buffer))
                return failAt(begin,
                              m_buffer.find('\0') != std::string::npos
                                  ? "a string holds a NUL character"
                                  : "a string is not UTF-8");
            value = m_buffer;
            return true;
        }
        if (static_cast<unsigned char>(c) < 0x20)
            return failAt(m_at, "a control character stands in a string");
        if (c == '\\') {
            if (!escape(m_buffer))
                return false;
            continue;
        }
        m_buffer += c;
        ++m_at;
    }
    return failAt(m_at, "the text ends inside a string");
}

bool JsonCursor::escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const std::size_t begin = m_at++;
    const char letter = m_at < m_text.size() ? m_text[m_at] : '\0';
    if (const auto place = letters.find(letter); letter != '\0' && place != letters.npos) {
        out += meanings[place];
        ++m_at;
        return true;
    }
    unsigned point = 0;
    if (letter != 'u' || !fourHexDigits(point))
        return failAt(begin, "there is no such escape");
    if (point >= 0xd800 && point < 0xdc00) {
        unsigned low = 0;
        const bool follows = m_text.substr(m_at).starts_with("\\u");
        if (follows)
            ++m_at;
        if (!follows || !fourHexDigits(low) || low < 0xdc00 || low >= 0xe000)
            return failAt(begin, "a surrogate stands alone");
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
        return failAt(begin, "a surrogate stands alone");
    }
    appendUtf8(out, point);
    return true;
}

/// Behind the 'u' at m_at.
bool JsonCursor::fourHexDigits(unsigned& value) {
    if (m_text.size() - m_at < 5)
        return false;
    value = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
        const char c = m_text[m_at + i];
        const int digit = isDigit(c)             ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return false;
        value = value * 16 + static_cast<unsigned>(digit);
    }
    m_at += 5;
    return true;
}

bool JsonCursor::wholeNumber(std::uint64_t& value) {
    const char first = next();
    const std::size_t begin = m_at;
    std::size_t end = begin;
    value = 0;
    bool isLarge = false;
    for (; end < m_text.size() && isDigit(m_text[end]); ++end) {
        value = value * 10 + static_cast<std::uint64_t>(m_text[end] - '0');
        isLarge = isLarge || value > largestNumber;
        value = isLarge ? largestNumber : value;
    }
    const char after = end < m_text.size() ? m_text[end] : '\0';
    const bool isOther = after == '.' || after == 'e' || after == 'E' || first == '-';
    if (isOther || isLarge) {
        while (end < m_text.size() &&
               std::string_view("+-.eE0123456789").find(m_text[end]) != std::string_view::npos)
            ++end;
        if (m_trouble.empty())
            m_trouble = fmt::format("the number {} is {}",
                                    m_text.substr(begin, std::min<std::size_t>(end - begin, 40)),
                                    first == '-' ? "negative" : "no whole number up to 2^48");
        m_at = m_text.size();
        return false;
    }
    if (end == begin)
        return failAt(begin, "a number should stand here");
    if (first == '0' && end > begin + 1)
        return failAt(begin, "a number begins with a zero");
    m_at = end;
    return true;
}

bool JsonCursor::acceptNull() {
    if (next() != 'n' || !m_text.substr(m_at).starts_with("null"))
        return false;
    m_at += 4;
    return true;
}

/// A string, number or word.
bool JsonCursor::scalar() {
    if (next() == '"') {
        std::string_view ignored;
        return string(ignored);
    }
    for (const std::string_view word : {"null", "true", "false"})
        if (m_text.substr(m_at).starts_with(word)) {
            m_at += word.size();
            return true;
        }
    std::size_t end = m_at;
    const auto digits = [&] {
        const std::size_t begin = end;
        while (end < m_text.size() && isDigit(m_text[end]))
            ++end;
        return end > begin;
    };
    const auto isAt = [&](std::string_view any) {
        return end < m_text.size() && any.find(m_text[end]) != std::string_view::npos;
    };
    if (isAt("-"))
        ++end;
    const std::size_t whole = end;
    if (!digits() || (m_text[whole] == '0' && end > whole + 1))
        return failAt(m_at, "a value should stand here");
    if (isAt(".")) {
        ++end;
        if (!digits())
            return failAt(m_at, "a number lacks digits");
    }
    if (isAt("eE")) {
        ++end;
        if (isAt("+-"))
            ++end;
        if (!digits())
            return failAt(m_at, "a number lacks digits");
    }
    m_at = end;
    return true;
}

bool JsonCursor::skipValue(std::uint64_t depth) {
    std::string open; // the brackets that wait for their end: as long as the depth allows
    do {
        // Here a value is due.
        if (const char c = next(); c == '{' || c == '[') {
            if (open.size() >= depth) {
                m_isTooDeep = true;
                return failAt(m_at, "lists and objects stand inside each other too deeply");
            }
            ++m_at;
            open += c == '{' ? '}' : ']';
            if (!accept(open.back())) {
                if (std::string_view key; c == '{' && (!string(key) || !expect(':')))
                    return false;
                continue;
            }
            open.pop_back();
        } else if (!scalar()) {
            return false;
        }
        // Here a value is over.
        while (!open.empty() && !accept(',')) {
            if (!expect(open.back()))
                return false;
            open.pop_back();
        }
        if (std::string_view key;
            !open.empty() && open.back() == '}' && (!string(key) || !expect(':')))
            return false;
    } while (!open.empty());
    return true;
}

bool JsonCursor::expectEnd() {
    static_cast<void>(next());
    return m_at == m_text.size() ? m_trouble.empty() : failAt(m_at, "more follows after the end");
}

std::string_view JsonCursor::nextKind() {
    switch (next()) {
    case '"':
        return "a string";
    case '{':
        return "an object";
    case '[':
        return "a list";
    case 't':
    case 'f':
        return "a truth value";
    case 'n':
        return "null";
    case '\0':
        return "the end";
    default:
        return "a number";
    }
}

} // namespace heirloom
