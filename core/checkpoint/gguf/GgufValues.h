// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace heirloom {

/// Types of the values beside the tensors of a GGUF file, by their numbers there.
struct GgufValue {
    enum Type : std::uint32_t {
        U8,
        I8,
        U16,
        I16,
        U32,
        I32,
        F32,
        Bool,
        String,
        Array,
        U64,
        I64,
        F64
    };
};

/// Bytes of a value of fixed size; 0 for strings, arrays and types that are not known.
[[nodiscard]] std::uint64_t ggufValueSize(std::uint32_t type);

/// A value of fixed size as a person writes it. \pre `bytes` has ggufValueSize(type) of them
[[nodiscard]] std::string ggufValueText(std::uint32_t type, const std::byte* bytes);

} // namespace heirloom
