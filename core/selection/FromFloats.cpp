// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/FromFloats.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

namespace heirloom {
namespace {

std::uint16_t toBfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value))
        return static_cast<std::uint16_t>((bits >> 16) | 0x40);
    return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

std::uint16_t toHalf(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
    if (std::isnan(value))
        return sign | 0x7e00;
    const float magnitude = std::abs(value);
    if (magnitude >= 65520.0F) // half way from the largest half to the next step
        return sign | 0x7c00;
    if (magnitude < 0x1p-14F) // subnormal: a whole number of 2^-24
        return static_cast<std::uint16_t>(
            sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1p24F)));
    const std::uint32_t rest = bits & 0x7fffffff;
    const std::uint32_t rounded = rest + 0xfff + ((rest >> 13) & 1);
    return static_cast<std::uint16_t>(sign | ((rounded - (112U << 23)) >> 13));
}

template <class To, class Cast>
HostTensor converted(const HostTensor& tensor, DType dtype, Cast cast) {
    auto made = HostTensor::zeros(dtype, tensor.shape);
    std::byte* out = made.bytes.data();
    for (const float value : tensor.floats()) {
        const To to = cast(value);
        std::memcpy(out, &to, sizeof(To));
        out += sizeof(To);
    }
    return made;
}

} // namespace

bool canCastTo(DType dtype) {
    return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 ||
           dtype == DType::BF16;
}

HostTensor castFloats(HostTensor tensor, DType dtype) {
    assert(tensor.dtype == DType::F32 && canCastTo(dtype));
    switch (dtype) {
    case DType::F64:
        return converted<double>(
            tensor, dtype, [](float value) { return static_cast<double>(value); });
    case DType::F16:
        return converted<std::uint16_t>(tensor, dtype, toHalf);
    case DType::BF16:
        return converted<std::uint16_t>(tensor, dtype, toBfloat);
    default:
        return tensor;
    }
}

} // namespace heirloom
