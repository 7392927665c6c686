// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/SafetensorsHeader.h"

#include <nlohmann/json.hpp>

#include <new>
#include <optional>
#include <utility>

namespace heirloom {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t largestNumber = std::uint64_t{1} << 48;
constexpr std::size_t mostAxes = 64;

/// Follows the parser event by event, so that no tree is built, double names are seen, and depth
/// stays bounded by the few places a value may stand in.
class HeaderHandler final : public nlohmann::json_sax<Json> {
public:
    SafetensorsHeader header;
    std::string trouble; ///< the rule that was broken; empty when none

    /// Some writers (MLX) say that they have no metadata; the reference reader accepts it too.
    bool null() override {
        return (m_place == Place::Top && m_key == "__metadata__") || misplaced("null");
    }
    bool boolean(bool) override { return misplaced("a truth value"); }
    bool number_integer(number_integer_t value) override {
        return refuse("the number {} is negative", value);
    }
    bool number_float(number_float_t, const string_t& text) override {
        return refuse("the number {} is not a whole number below 2^48", text);
    }
    bool binary(binary_t&) override { return misplaced("binary data"); }

    bool number_unsigned(number_unsigned_t value) override {
        if (m_place != Place::Shape && m_place != Place::Offsets)
            return misplaced("a number");
        if (value > largestNumber)
            return refuse("the number {} is larger than 2^48", value);
        if (m_place == Place::Shape) {
            if (m_info.shape.size() == mostAxes)
                return refuse("the shape has more than {} axes", mostAxes);
            m_info.shape.push_back(static_cast<std::int64_t>(value));
            return true;
        }
        if (m_offsets == 2)
            return refuse("data_offsets has more than two numbers");
        (m_offsets++ == 0 ? m_range.begin : m_range.end) = value;
        return true;
    }

    bool string(string_t& value) override {
        if (m_place == Place::Metadata) {
            header.metadata[m_key] = std::move(value);
            return true;
        }
        if (m_place != Place::Field || m_field != Field::DType)
            return misplaced("a string");
        m_type = std::move(value);
        return true;
    }

    bool start_object(std::size_t) override {
        if (m_place == Place::Outside) {
            m_place = Place::Top;
            return true;
        }
        if (m_place != Place::Top)
            return misplaced("an object");
        if (m_key == "__metadata__") {
            m_place = Place::Metadata;
            return true;
        }
        m_info = {m_key, DType::Unsupported, {}};
        m_seen = 0;
        m_offsets = 0;
        m_place = Place::Field;
        m_field = Field::None;
        return true;
    }

    bool key(string_t& value) override {
        if (value.find('\0') != string_t::npos)
            return refuse("a name holds a NUL character");
        switch (m_place) {
        case Place::Top:
            m_key = std::move(value);
            return m_key != "__metadata__" || !std::exchange(m_hasMetadata, true) ||
                   refuse("the name comes twice");
        case Place::Metadata:
            m_key = std::move(value);
            return !header.metadata.contains(m_key) ||
                   refuse("the name comes twice in __metadata__");
        default:
            return field(value);
        }
    }

    bool end_object() override {
        if (m_place == Place::Field) {
            if (m_seen != 7)
                return refuse("dtype, shape and data_offsets must all be there");
            m_info.dtype = dtypeFromName(m_type).value_or(DType::Unsupported);
            if (m_info.dtype == DType::Unsupported)
                ++header.unknownTypes[m_type];
            header.tensors.push_back(std::move(m_info));
            header.ranges.push_back(m_range);
        }
        m_place = m_place == Place::Top ? Place::Outside : Place::Top;
        return true;
    }

    bool start_array(std::size_t) override {
        if (m_place != Place::Field || (m_field != Field::Shape && m_field != Field::Offsets))
            return misplaced("a list");
        m_place = m_field == Field::Shape ? Place::Shape : Place::Offsets;
        return true;
    }

    bool end_array() override {
        if (m_place == Place::Offsets && m_offsets != 2)
            return refuse("data_offsets must be two numbers");
        m_place = Place::Field;
        m_field = Field::None;
        return true;
    }

    bool parse_error(std::size_t position,
                     const std::string&,
                     const Json::exception& problem) override {
        // The library's text begins with an id in brackets and its own words for the place.
        const std::string_view text = problem.what();
        const auto start = text.rfind(": ");
        trouble = fmt::format("byte {} is no valid JSON: {}",
                              position,
                              start == std::string_view::npos ? text : text.substr(start + 2));
        return false;
    }

private:
    enum class Place { Outside, Top, Metadata, Field, Shape, Offsets };
    enum class Field { None = 0, DType = 1, Shape = 2, Offsets = 4 };

    template <class... Args> bool refuse(fmt::format_string<Args...> format, Args&&... args) {
        trouble = fmt::format(format, std::forward<Args>(args)...);
        if (m_place != Place::Outside && !m_key.empty())
            trouble = fmt::format("{} (at '{}')", trouble, m_key);
        return false;
    }

    bool misplaced(std::string_view what) {
        if (m_place == Place::Metadata)
            return refuse("__metadata__ may hold strings only, not {}", what);
        if (m_place == Place::Outside)
            return refuse("the header is {}, not an object", what);
        return refuse("{} stands where it does not belong", what);
    }

    bool field(const std::string& name) {
        m_field = name == "dtype"          ? Field::DType
                  : name == "shape"        ? Field::Shape
                  : name == "data_offsets" ? Field::Offsets
                                           : Field::None;
        const auto bit = static_cast<unsigned>(m_field);
        if (bit == 0)
            return refuse("the field '{}' is not part of the format", name);
        if ((m_seen & bit) != 0)
            return refuse("the field '{}' comes twice", name);
        m_seen |= bit;
        return true;
    }

    Place m_place = Place::Outside;
    Field m_field = Field::None;
    unsigned m_seen = 0;
    int m_offsets = 0;
    std::string m_key;
    bool m_hasMetadata = false;
    TensorInfo m_info;
    SafetensorsRange m_range;
    std::string m_type;
};

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, const std::string& where) {
    // The JSON library takes a NUL for the end of its input and passes over a byte order mark; the
    // format allows neither.
    const auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || text[start] != '{')
        return fail(where, "the header must begin with an opening brace");
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
        return fail(where, "the header holds a NUL byte at byte {}", nul + 8);
    HeaderHandler handler;
    if (!Json::sax_parse(text, &handler))
        return fail(where, "safetensors header: {}", handler.trouble);
    return std::move(handler.header);
}

} // namespace heirloom
