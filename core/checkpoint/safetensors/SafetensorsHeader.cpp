// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/SafetensorsHeader.h"

#include "core/checkpoint/safetensors/JsonCursor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace heirloom {
namespace {

constexpr std::size_t mostAxes = 64;
constexpr std::size_t longestType = 16;
/// {"":{"dtype":"","shape":[],"data_offsets":[0,0]}
constexpr std::size_t shortestEntry = 48;

/// An upper bound on the number of tensors, so that their list is allocated once. It follows from
/// bytes that are there, and no text can make it claim more than that.
std::size_t countEntries(std::string_view text) {
    std::size_t count = 0;
    // Each has a brace of its own, behind the one of them all and never two close together.
    for (auto at = text.find('{', 1); at != text.npos; at = text.find('{', at + shortestEntry - 8))
        ++count;
    return std::min(count, text.size() / shortestEntry);
}

/// Text of which only one spelling is wanted.
class UsualText {
public:
    explicit UsualText(std::string_view text) : m_at(text.data()), m_end(m_at + text.size()) {}

    template <std::size_t Size> bool take(const char (&literal)[Size]) {
        if (left() < Size - 1 || std::memcmp(m_at, literal, Size - 1) != 0)
            return false;
        m_at += Size - 1;
        return true;
    }
    /// What comes before `end`, which must come within `most` bytes; otherwise nothing.
    std::string_view until(char end, std::size_t most) {
        const char* const begin = m_at;
        const char* const stop = begin + std::min(most, left());
        m_at = std::find(begin, stop, end);
        return m_at == stop ? std::string_view() : std::string_view(begin, m_at);
    }
    /// Up to 14 digits, which stay below 2^48.
    bool number(std::uint64_t& value) {
        const char* const begin = m_at;
        const char* const stop = begin + std::min<std::size_t>(14, left());
        value = 0;
        for (; m_at != stop && *m_at >= '0' && *m_at <= '9'; ++m_at)
            value = value * 10 + static_cast<std::uint64_t>(*m_at - '0');
        return m_at != begin && (*begin != '0' || m_at == begin + 1);
    }
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(m_end - m_at); }

private:
    const char* m_at;
    const char* m_end;
};

class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& where, const Limits& limits)
        : m_json(text), m_where(where), m_limits(limits) {
        const std::size_t count = countEntries(text);
        header.tensors.reserve(count);
        header.ranges.reserve(count);
    }

    SafetensorsHeader header;

    Status parse() {
        if (!m_json.accept('{'))
            return fail(m_where, "the header must begin with an opening brace");
        if (!m_json.accept('}')) {
            do {
                if (auto done = entry(); !done)
                    return done;
            } while (m_json.accept(','));
            if (!m_json.expect('}'))
                return invalid();
        }
        return m_json.expectEnd() ? Status() : invalid();
    }

private:
    Status entry() {
        std::string_view name;
        if (!m_json.string(name))
            return invalid();
        m_name.assign(name);
        if (!m_json.expect(':'))
            return invalid();
        if (m_name == "__metadata__")
            return metadata();
        if (header.tensors.size() >= m_limits[Limit::Tensors])
            return std::unexpected(m_limits.exceeded(m_where, Limit::Tensors, "the header lists"));
        return tensor();
    }

    Status metadata() {
        if (std::exchange(m_hasMetadata, true))
            return refuse("the name comes twice");
        // Some writers (MLX) say that they have no metadata; the reference reader accepts it too.
        if (m_json.acceptNull())
            return {};
        if (!m_json.accept('{'))
            return misplaced();
        if (m_json.accept('}'))
            return {};
        do {
            std::string_view text;
            if (!m_json.string(text))
                return invalid();
            std::string key(text);
            if (!m_json.expect(':'))
                return invalid();
            if (m_json.next() != '"')
                return refuse("__metadata__ may hold strings only, not {}", m_json.nextKind());
            if (!m_json.string(text))
                return invalid();
            if (!header.metadata.try_emplace(std::move(key), text).second)
                return refuse("a name comes twice in __metadata__");
        } while (m_json.accept(','));
        return m_json.expect('}') ? Status() : invalid();
    }

    /// An entry spelt as the format's own writer spells it, field by field, without white space,
    /// and of a known type. \return false when it is spelt in any other way: nothing has been taken
    bool usualTensor() {
        UsualText text(m_json.rest());
        m_shape.clear();
        if (!text.take(R"({"dtype":")"))
            return false;
        const auto dtype = dtypeFromName(text.until('"', longestType));
        if (!dtype || !text.take(R"(","shape":[)"))
            return false;
        m_dtype = *dtype;
        if (!text.take("]")) {
            do {
                std::uint64_t size = 0;
                if (m_shape.size() == mostAxes || !text.number(size))
                    return false;
                m_shape.push_back(static_cast<std::int64_t>(size));
            } while (text.take(","));
            if (!text.take("]"))
                return false;
        }
        if (!text.take(R"(,"data_offsets":[)") || !text.number(m_range.begin) || !text.take(",") ||
            !text.number(m_range.end) || !text.take("]}"))
            return false;
        m_json.take(m_json.rest().size() - text.left());
        return true;
    }

    Status tensor() {
        if (usualTensor())
            return finish();
        if (!m_json.accept('{'))
            return misplaced();
        m_type.clear();
        m_shape.clear();
        unsigned seen = 0;
        if (!m_json.accept('}')) {
            do {
                if (auto done = field(seen); !done)
                    return done;
            } while (m_json.accept(','));
            if (!m_json.expect('}'))
                return invalid();
        }
        if (seen != 7)
            return refuse("dtype, shape and data_offsets must all be there");
        m_dtype = dtypeFromName(m_type).value_or(DType::Unsupported);
        return finish();
    }

    Status field(unsigned& seen) {
        std::string_view name;
        if (!m_json.string(name))
            return invalid();
        const unsigned bit = name == "dtype"          ? 1
                             : name == "shape"        ? 2
                             : name == "data_offsets" ? 4
                                                      : 0;
        if (bit == 0)
            return refuse("the field '{}' is not part of the format", name);
        if ((seen & bit) != 0)
            return refuse("the field '{}' comes twice", name);
        seen |= bit;
        if (!m_json.expect(':'))
            return invalid();
        if (bit == 1) {
            std::string_view type;
            if (m_json.next() != '"')
                return misplaced();
            if (!m_json.string(type))
                return invalid();
            m_type.assign(type);
            return {};
        }
        return numbers(bit == 2 ? nullptr : &m_range);
    }

    /// The shape, or the two offsets.
    Status numbers(SafetensorsRange* range) {
        if (!m_json.accept('['))
            return misplaced();
        std::size_t count = 0;
        if (!m_json.accept(']')) {
            do {
                const char first = m_json.next();
                if (first != '-' && (first < '0' || first > '9'))
                    return misplaced();
                std::uint64_t value = 0;
                if (!m_json.wholeNumber(value))
                    return refuse("{}", m_json.trouble());
                if (range && count == 2)
                    return refuse("data_offsets has more than two numbers");
                if (!range && count == mostAxes)
                    return refuse("the shape has more than {} axes", mostAxes);
                if (range)
                    (count == 0 ? range->begin : range->end) = value;
                else
                    m_shape.push_back(static_cast<std::int64_t>(value));
                ++count;
            } while (m_json.accept(','));
            if (!m_json.expect(']'))
                return invalid();
        }
        if (range && count != 2)
            return refuse("data_offsets must be two numbers");
        return {};
    }

    Status finish() {
        const auto [begin, end] = m_range;
        if (begin > end)
            return damaged(
                "{} begins at byte {} of the data, after its end at {}", m_name, begin, end);
        const auto elements = elementCount(m_shape);
        if (!elements)
            return damaged("{}: the shape {} holds more elements than a number can count",
                           m_name,
                           shapeText(m_shape));
        const bool isReadable = m_dtype != DType::Unsupported;
        const int bits =
            isReadable ? static_cast<int>(8 * dtypeSize(m_dtype)) : unreadableBits(m_type);
        const std::string_view type = isReadable ? dtypeName(m_dtype) : m_type;
        std::int64_t needed = 0;
        const bool isTooMany = __builtin_mul_overflow(*elements, bits, &needed);
        if (bits > 0 && !isTooMany && needed % 8 != 0)
            return damaged("{}: {} of {} makes {} bits, which are no whole bytes",
                           m_name,
                           shapeText(m_shape),
                           type,
                           needed);
        if (isTooMany || (bits > 0 && static_cast<std::uint64_t>(needed) / 8 != end - begin))
            return damaged("{}: {} of {} needs {} bytes, but its offsets span {}",
                           m_name,
                           shapeText(m_shape),
                           type,
                           isTooMany ? "more than 2^60" : std::to_string(needed / 8),
                           end - begin);
        if (!isReadable)
            ++header.unknownTypes[m_type];
        header.tensors.push_back({m_name, m_dtype, m_shape});
        header.ranges.push_back(m_range);
        return {};
    }

    template <class... Args>
    [[nodiscard]] std::unexpected<Error> damaged(fmt::format_string<Args...> format,
                                                 Args&&... args) const {
        return std::unexpected(Error{m_where,
                                     fmt::format(format, std::forward<Args>(args)...),
                                     "The file is damaged or incomplete; get it again"});
    }

    template <class... Args>
    [[nodiscard]] std::unexpected<Error> refuse(fmt::format_string<Args...> format,
                                                Args&&... args) const {
        return fail(m_where,
                    "safetensors header: {} (at '{}')",
                    fmt::format(format, std::forward<Args>(args)...),
                    m_name);
    }
    [[nodiscard]] std::unexpected<Error> misplaced() {
        return refuse("{} stands where it does not belong", m_json.nextKind());
    }
    [[nodiscard]] std::unexpected<Error> invalid() const {
        return fail(m_where, "safetensors header: {}", m_json.trouble());
    }

    JsonCursor m_json;
    const std::string& m_where;
    const Limits& m_limits;
    bool m_hasMetadata = false;
    std::string m_name; ///< of the entry at hand
    std::string m_type; ///< only where it was not spelt as usual
    DType m_dtype = DType::Unsupported;
    Shape m_shape;
    SafetensorsRange m_range;
};

} // namespace

int unreadableBits(std::string_view dtype) {
    constexpr std::array<std::pair<std::string_view, int>, 7> known = {{{"F4", 4},
                                                                        {"F6_E2M3", 6},
                                                                        {"F6_E3M2", 6},
                                                                        {"F8_E8M0", 8},
                                                                        {"F8_E4M3FNUZ", 8},
                                                                        {"F8_E5M2FNUZ", 8},
                                                                        {"C64", 64}}};
    for (const auto& [name, bits] : known)
        if (name == dtype)
            return bits;
    return 0;
}

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text,
                                                 const std::string& where,
                                                 const Limits& limits) {
    HeaderParser parser(text, where, limits);
    if (auto done = parser.parse(); !done) {
        // Never part of JSON, and often the reason of whatever else is wrong.
        if (const auto nul = text.find('\0'); nul != std::string_view::npos)
            return fail(where, "the header holds a NUL byte at byte {}", nul + 8);
        return std::unexpected(done.error());
    }
    return std::move(parser.header);
}

} // namespace heirloom
