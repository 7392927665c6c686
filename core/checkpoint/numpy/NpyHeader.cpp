// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/numpy/NpyHeader.h"

#include "core/base/LittleEndian.h"

#include <algorithm>
#include <array>
#include <utility>

namespace heirloom {
namespace {

constexpr std::size_t longestHeader = 65535; ///< what version 1 can say
constexpr std::size_t mostAxes = 64;         ///< NumPy's own limit
constexpr std::int64_t largestSize = std::int64_t{1} << 48;
constexpr std::size_t deepestType = 32; ///< brackets inside each other in a record's type

std::unexpected<Error> refuse(const std::string& where, std::string text) {
    return std::unexpected(Error{where,
                                 "NumPy header: " + std::move(text),
                                 "The file is damaged or was not written by NumPy"});
}

DType dtypeOf(char kind, char size) {
    constexpr std::array<std::pair<std::string_view, DType>, 12> known = {{{"f8", DType::F64},
                                                                           {"f4", DType::F32},
                                                                           {"f2", DType::F16},
                                                                           {"i8", DType::I64},
                                                                           {"i4", DType::I32},
                                                                           {"i2", DType::I16},
                                                                           {"i1", DType::I8},
                                                                           {"u8", DType::U64},
                                                                           {"u4", DType::U32},
                                                                           {"u2", DType::U16},
                                                                           {"u1", DType::U8},
                                                                           {"b1", DType::Bool}}};
    for (const auto& [name, dtype] : known)
        if (name[0] == kind && name[1] == size)
            return dtype;
    return DType::Unsupported;
}

/// The few forms of a Python literal that NumPy writes.
class Literal {
public:
    Literal(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    Result<NpyHeader> dictionary() {
        if (!accept('{'))
            return refuse(m_where, "it is no dictionary");
        unsigned seen = 0;
        while (!accept('}')) {
            std::string_view key;
            if (!string(key) || !accept(':'))
                return broken();
            const unsigned bit = key == "descr"           ? 1
                                 : key == "fortran_order" ? 2
                                 : key == "shape"         ? 4
                                                          : 0;
            if (bit == 0 || (seen & bit) != 0)
                return refuse(m_where,
                              fmt::format("the key '{}' {}",
                                          key.substr(0, 40),
                                          bit == 0 ? "is not part of it" : "comes twice"));
            seen |= bit;
            const bool isRead = bit == 1 ? descr() : bit == 2 ? truth() : shape();
            if (!isRead)
                return broken();
            if (!accept(',') && next() != '}')
                return broken();
        }
        next();
        if (m_at != m_text.size())
            return refuse(m_where, "more follows after the dictionary");
        if (seen != 7)
            return refuse(m_where, "descr, fortran_order and shape must all be there");
        if (!elementCount(m_header.shape))
            return refuse(m_where,
                          fmt::format("the shape {} holds more elements than a number can count",
                                      shapeText(m_header.shape)));
        return std::move(m_header);
    }

private:
    std::unexpected<Error> broken() const {
        return refuse(m_where,
                      m_trouble.empty() ? fmt::format("byte {} is not as NumPy writes it", m_at)
                                        : m_trouble);
    }

    char next() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n'))
            ++m_at;
        return m_at < m_text.size() ? m_text[m_at] : '\0';
    }
    bool accept(char c) {
        if (next() != c || m_at == m_text.size())
            return false;
        ++m_at;
        return true;
    }
    bool word(std::string_view text) {
        next();
        if (!m_text.substr(m_at).starts_with(text))
            return false;
        m_at += text.size();
        return true;
    }

    /// In single or double quotes, without escapes, which none of NumPy's words need.
    bool string(std::string_view& value) {
        const char quote = next();
        if (quote != '\'' && quote != '"')
            return false;
        const auto end = m_text.find(quote, m_at + 1);
        if (end == std::string_view::npos)
            return false;
        value = m_text.substr(m_at + 1, end - m_at - 1);
        if (value.find('\\') != std::string_view::npos)
            return false;
        m_at = end + 1;
        return true;
    }

    bool truth() {
        m_header.isFortran = word("True");
        return m_header.isFortran || word("False");
    }

    bool descr() {
        if (next() == '[' || next() == '(' || next() == '{') {
            m_header.type = "structured";
            return skipBrackets();
        }
        std::string_view type;
        if (!string(type))
            return false;
        if (type.empty() || type.size() > 64) {
            m_trouble = "the type has no name, or a very long one";
            return false;
        }
        m_header.type = type;
        m_header.isBigEndian = type.front() == '>';
        const bool hasOrder = std::string_view("<>|=").find(type.front()) != type.npos;
        if (hasOrder)
            type.remove_prefix(1);
        if (type.size() == 2)
            m_header.dtype = dtypeOf(type[0], type[1]);
        return true;
    }

    /// The fields of a record, which are not read.
    bool skipBrackets() {
        std::string open;
        do {
            const char c = next();
            if (c == '\'' || c == '"') {
                const auto end = m_text.find(c, m_at + 1);
                if (end == std::string_view::npos)
                    return false;
                m_at = end + 1;
                continue;
            }
            if (m_at == m_text.size())
                return false;
            ++m_at;
            if (c == '[' || c == '(' || c == '{') {
                if (open.size() == deepestType)
                    return false;
                open += c == '[' ? ']' : c == '(' ? ')' : '}';
            } else if (c == ']' || c == ')' || c == '}') {
                if (open.back() != c)
                    return false;
                open.pop_back();
            }
        } while (!open.empty());
        return true;
    }

    bool shape() {
        if (!accept('('))
            return false;
        while (!accept(')')) {
            next();
            const std::size_t begin = m_at;
            std::int64_t size = 0;
            for (; m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9'; ++m_at)
                size = std::min(largestSize + 1, size * 10 + (m_text[m_at] - '0'));
            if (m_at == begin || size > largestSize) {
                m_trouble = fmt::format("byte {} should be a whole number up to 2^48", begin);
                return false;
            }
            if (m_at < m_text.size() && m_text[m_at] == 'L') // Python 2's long
                ++m_at;
            if (m_header.shape.size() == mostAxes) {
                m_trouble = fmt::format("the shape has more than {} axes", mostAxes);
                return false;
            }
            m_header.shape.push_back(size);
            if (!accept(',') && next() != ')')
                return false;
        }
        return true;
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_at = 0;
    std::string m_trouble;
    NpyHeader m_header;
};

} // namespace

Result<NpyHeader> parseNpyDictionary(std::string_view text, const std::string& where) {
    return Literal(text, where).dictionary();
}

Result<NpyHeader> readNpyHeader(const ByteSource& source,
                                std::uint64_t begin,
                                std::uint64_t size,
                                const std::string& where) {
    std::array<std::byte, 12> start{};
    if (size < 10)
        return refuse(where, "it is cut off");
    const auto startSize = static_cast<std::size_t>(std::min<std::uint64_t>(size, start.size()));
    if (auto read = source.readAt(begin, std::span(start).first(startSize)); !read)
        return std::unexpected(read.error());
    const std::string_view magic(reinterpret_cast<const char*>(start.data()), 6);
    if (magic != "\x93NUMPY")
        return refuse(where, "it does not begin as an array does");
    const auto version = std::to_integer<unsigned>(start[6]);
    if (version < 1 || version > 3)
        return refuse(where, fmt::format("version {} is not known; 1 to 3 are", version));
    const std::uint64_t lengthEnd = version == 1 ? 10 : 12;
    const std::uint64_t length = version == 1 ? loadNumber<std::uint16_t>(start.data() + 8)
                                              : loadNumber<std::uint32_t>(start.data() + 8);
    if (lengthEnd > size || length > size - lengthEnd)
        return refuse(where,
                      fmt::format("it is said to have {} bytes, but there are only {}",
                                  length,
                                  size - std::min(size, lengthEnd)));
    if (length > longestHeader)
        return refuse(where,
                      fmt::format("it has {} bytes; at most {} are read", length, longestHeader));
    std::string text(static_cast<std::size_t>(length), '\0');
    if (auto read = source.readAt(begin + lengthEnd, std::as_writable_bytes(std::span(text)));
        !read)
        return std::unexpected(read.error());
    auto header = parseNpyDictionary(text, where);
    if (header)
        header->dataBegin = lengthEnd + length;
    return header;
}

} // namespace heirloom
