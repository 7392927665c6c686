// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Element types by the words of the safetensors specification; Unsupported is listed, never read.
enum class DType {
    F64,
    F32,
    F16,
    BF16,
    F8E4M3,
    F8E5M2,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    Unsupported
};

/// "F32", "BF16", "F8_E4M3", "BOOL", ...; "unsupported" for the last.
[[nodiscard]] std::string_view dtypeName(DType dtype);
[[nodiscard]] std::optional<DType> dtypeFromName(std::string_view name);
/// Bytes of one element; 0 for Unsupported.
[[nodiscard]] std::int64_t dtypeSize(DType dtype);
[[nodiscard]] bool isFloatingPoint(DType dtype);

using Shape = std::vector<std::int64_t>;

/// Product of the sizes, 1 for a scalar; empty when it overflows 63 bits or a size is negative.
[[nodiscard]] inline std::optional<std::int64_t> elementCount(const Shape& shape) {
    std::int64_t count = 1;
    bool isEmpty = false;
    for (const std::int64_t size : shape) {
        if (size < 0)
            return std::nullopt;
        // A zero does not excuse an overflow among the other sizes.
        if (size == 0)
            isEmpty = true;
        else if (__builtin_mul_overflow(count, size, &count))
            return std::nullopt;
    }
    return isEmpty ? 0 : count;
}
/// "1152×384"; "scalar" for no axes.
[[nodiscard]] std::string shapeText(const Shape& shape);

/// A tensor as stored: a value without data.
struct TensorInfo {
    std::string name;
    DType dtype = DType::Unsupported;
    Shape shape;

    /// Elements; the reader has already refused shapes that overflow.
    [[nodiscard]] std::int64_t elements() const { return elementCount(shape).value_or(0); }
    [[nodiscard]] std::int64_t bytes() const { return elements() * dtypeSize(dtype); }
    bool operator==(const TensorInfo&) const = default;
};

} // namespace heirloom
