// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heirloom {

/// Steps through JSON text (RFC 8259) piece by piece, without a tree and without recursion.
///
/// Strict: no comments, no trailing commas, well-formed UTF-8, no lone surrogates, no NUL. After
/// the first failure trouble() says what is wrong and every call answers false.
class JsonCursor {
public:
    explicit JsonCursor(std::string_view text) : m_text(text) {}

    /// What comes after white space, not taken; '\0' at the end.
    [[nodiscard]] char next();
    /// Takes `c` if it comes next.
    [[nodiscard]] bool accept(char c);
    /// Takes `c`, which must come next.
    [[nodiscard]] bool expect(char c);
    /// A string; `value` looks into the text, or into this object until the next string.
    [[nodiscard]] bool string(std::string_view& value);
    /// A whole number from 0 to 2^48, written as digits alone.
    [[nodiscard]] bool wholeNumber(std::uint64_t& value);
    /// Takes `null` if it comes next.
    [[nodiscard]] bool acceptNull();
    /// Passes over a value of any kind, with at most `depth` lists and objects inside each other.
    [[nodiscard]] bool skipValue(std::uint64_t depth);
    /// Nothing but white space is left.
    [[nodiscard]] bool expectEnd();

    /// "a string", "a list", ...: what comes next, for errors.
    [[nodiscard]] std::string_view nextKind();
    /// Bytes taken so far.
    [[nodiscard]] std::size_t position() const { return m_at; }
    /// What is not taken, white space and all.
    [[nodiscard]] std::string_view rest() const { return m_text.substr(m_at); }
    /// Takes the first `count` bytes of rest(), which somebody else has understood.
    void take(std::size_t count) { m_at += count; }
    /// The rule that was broken; empty while all is well.
    [[nodiscard]] const std::string& trouble() const { return m_trouble; }
    /// Whether that rule was the depth given to skipValue().
    [[nodiscard]] bool isTooDeep() const { return m_isTooDeep; }

private:
    /// Passes over characters that a string holds as they are, many at a time.
    void skipPlain();
    bool failAt(std::size_t at, std::string_view what);
    bool escapedString(std::string_view& value);
    bool escape(std::string& out);
    bool fourHexDigits(unsigned& value);
    bool scalar();

    std::string_view m_text;
    std::size_t m_at = 0;
    std::string m_buffer;
    std::string m_trouble;
    bool m_isTooDeep = false;
};

} // namespace heirloom
