// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/gguf/GgufValues.h"

#include "core/base/LittleEndian.h"

#include <fmt/format.h>

namespace heirloom {
namespace {

template <class Number> std::string numberText(const std::byte* bytes) {
    return fmt::format("{}", loadNumber<Number>(bytes));
}

} // namespace

std::uint64_t ggufValueSize(std::uint32_t type) {
    switch (type) {
    case GgufValue::U8:
    case GgufValue::I8:
    case GgufValue::Bool:
        return 1;
    case GgufValue::U16:
    case GgufValue::I16:
        return 2;
    case GgufValue::U32:
    case GgufValue::I32:
    case GgufValue::F32:
        return 4;
    case GgufValue::U64:
    case GgufValue::I64:
    case GgufValue::F64:
        return 8;
    default:
        return 0;
    }
}

std::string ggufValueText(std::uint32_t type, const std::byte* bytes) {
    switch (type) {
    case GgufValue::U8:
        return fmt::format("{}", std::to_integer<unsigned>(*bytes));
    case GgufValue::I8:
        return fmt::format("{}", static_cast<int>(loadNumber<std::int8_t>(bytes)));
    case GgufValue::U16:
        return numberText<std::uint16_t>(bytes);
    case GgufValue::I16:
        return numberText<std::int16_t>(bytes);
    case GgufValue::U32:
        return numberText<std::uint32_t>(bytes);
    case GgufValue::I32:
        return numberText<std::int32_t>(bytes);
    case GgufValue::F32:
        return numberText<float>(bytes);
    case GgufValue::Bool:
        return *bytes == std::byte{0} ? "false" : "true";
    case GgufValue::U64:
        return numberText<std::uint64_t>(bytes);
    case GgufValue::I64:
        return numberText<std::int64_t>(bytes);
    default:
        return numberText<double>(bytes);
    }
}

} // namespace heirloom
