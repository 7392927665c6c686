// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/FloatCast.h"

#include "core/checkpoint/StateDict.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace heirloom {
namespace {

constexpr std::size_t pieceElements = 4096; // 16 KiB of float32: stays in the fastest cache

// Each loop below is free of branches, so that the compiler makes vectors of it.

constexpr std::uint32_t magnitudeMask = 0x7fffffff;
constexpr std::uint32_t infinity = 0x7f800000;

/// A magnitude (the bits of a float32 without its sign) rounded to `Mantissa` bits, with exponent
/// bias `Bias`; too large ones come out beyond every number of the narrow type.
template <int Mantissa, int Bias> std::uint32_t rounded(std::uint32_t magnitude) {
    constexpr int shift = 23 - Mantissa;
    constexpr std::uint32_t half = (1U << (shift - 1)) - 1;
    const std::uint32_t odd = (magnitude >> shift) & 1;
    const std::uint32_t normal =
        (magnitude + half + odd - (static_cast<std::uint32_t>(127 - Bias) << 23)) >> shift;
    // Subnormals are whole numbers of 2^(1 - Bias - Mantissa): next to a number with just that
    // spacing, the addition itself rounds.
    constexpr std::uint32_t spaced = static_cast<std::uint32_t>(127 + 24 - Bias - Mantissa) << 23;
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) +
                                                                 std::bit_cast<float>(spaced)) -
                                    spaced;
    return magnitude < (static_cast<std::uint32_t>(128 - Bias) << 23) ? subnormal : normal;
}

std::uint16_t toHalf(std::uint32_t bits) {
    const std::uint32_t magnitude = bits & magnitudeMask;
    const std::uint32_t finite = std::min(rounded<10, 15>(magnitude), 0x7c00U);
    return static_cast<std::uint16_t>((bits >> 16 & 0x8000) |
                                      (magnitude > infinity ? 0x7e00U : finite));
}

std::uint16_t toBfloat(std::uint32_t bits) {
    const std::uint32_t magnitude = bits & magnitudeMask;
    return static_cast<std::uint16_t>(
        magnitude > infinity ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

std::uint8_t toE5M2(std::uint32_t bits) {
    const std::uint32_t magnitude = bits & magnitudeMask;
    const std::uint32_t finite = std::min(rounded<2, 15>(magnitude), 0x7cU);
    return static_cast<std::uint8_t>((bits >> 24 & 0x80) | (magnitude > infinity ? 0x7fU : finite));
}

std::uint8_t toE4M3(std::uint32_t bits) {
    const std::uint32_t magnitude = bits & magnitudeMask;
    const std::uint32_t finite = std::min(rounded<3, 7>(magnitude), 0x7eU); // 448
    return static_cast<std::uint8_t>((bits >> 24 & 0x80) | (magnitude > infinity ? 0x7fU : finite));
}

template <class Narrow, class Convert>
void narrow(std::span<const float> from, std::byte* to, Convert convert) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Narrow value = convert(std::bit_cast<std::uint32_t>(from[i]));
        std::memcpy(to + i * sizeof(Narrow), &value, sizeof(Narrow));
    }
}

void fromFloats(std::span<const float> from, DType toType, std::byte* to) {
    switch (toType) {
    case DType::F64:
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto value = static_cast<double>(from[i]);
            std::memcpy(to + i * sizeof value, &value, sizeof value);
        }
        return;
    case DType::F32:
        std::memcpy(to, from.data(), from.size_bytes());
        return;
    case DType::F16:
        return narrow<std::uint16_t>(from, to, toHalf);
    case DType::BF16:
        return narrow<std::uint16_t>(from, to, toBfloat);
    case DType::F8E4M3:
        return narrow<std::uint8_t>(from, to, toE4M3);
    case DType::F8E5M2:
        return narrow<std::uint8_t>(from, to, toE5M2);
    default:
        assert(false && "not of floating point");
    }
}

/// Elements whose bits, without the sign, are at least `least`.
template <class Stored> std::int64_t countFrom(std::span<const std::byte> bytes, Stored least) {
    constexpr auto mask = static_cast<Stored>(static_cast<Stored>(~Stored{0}) >> 1);
    std::int64_t count = 0;
    for (std::size_t i = 0; i + sizeof(Stored) <= bytes.size(); i += sizeof(Stored)) {
        Stored value;
        std::memcpy(&value, bytes.data() + i, sizeof(Stored));
        count += static_cast<Stored>(value & mask) >= least ? 1 : 0;
    }
    return count;
}

/// Half way from 448 to the next step is still rounded down, to the even one.
std::int64_t countBeyond448(std::span<const float> values) {
    constexpr auto halfWay = std::bit_cast<std::uint32_t>(464.0F);
    std::int64_t count = 0;
    for (const float value : values) {
        const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(value) & magnitudeMask;
        count += (magnitude > halfWay ? 1 : 0) - (magnitude > infinity ? 1 : 0);
    }
    return count;
}

} // namespace

std::int64_t countNotFinite(DType dtype, std::span<const std::byte> bytes) {
    switch (dtype) {
    case DType::F64:
        return countFrom<std::uint64_t>(bytes, 0x7ff0000000000000ULL);
    case DType::F32:
        return countFrom<std::uint32_t>(bytes, infinity);
    case DType::F16:
        return countFrom<std::uint16_t>(bytes, 0x7c00);
    case DType::BF16:
        return countFrom<std::uint16_t>(bytes, 0x7f80);
    case DType::F8E4M3:
        return countFrom<std::uint8_t>(bytes, 0x7f);
    case DType::F8E5M2:
        return countFrom<std::uint8_t>(bytes, 0x7c);
    default:
        return 0;
    }
}

std::int64_t convertFloats(DType fromType,
                           std::span<const std::byte> from,
                           DType toType,
                           std::span<std::byte> to) {
    assert(isFloatingPoint(fromType) && isFloatingPoint(toType));
    const auto fromSize = static_cast<std::size_t>(dtypeSize(fromType));
    const auto toSize = static_cast<std::size_t>(dtypeSize(toType));
    assert(from.size() / fromSize == to.size() / toSize);
    if (fromType == toType) {
        std::ranges::copy(from, to.begin());
        return 0;
    }
    std::array<float, pieceElements> piece;
    std::int64_t lost = 0;
    for (std::size_t left = from.size() / fromSize; left > 0;) {
        const std::size_t count = std::min(left, pieceElements);
        const auto taken = from.first(count * fromSize);
        const auto values = std::span(piece).first(count);
        toFloats(fromType, taken, values);
        fromFloats(values, toType, to.data());
        if (toType == DType::F8E4M3)
            lost += countBeyond448(values);
        else if (toSize < fromSize || toType == DType::F16)
            lost +=
                countNotFinite(toType, to.first(count * toSize)) - countNotFinite(fromType, taken);
        from = from.subspan(taken.size());
        to = to.subspan(count * toSize);
        left -= count;
    }
    return lost;
}

std::string largestText(DType dtype) {
    switch (dtype) {
    case DType::F64:
        return "1.7977e+308";
    case DType::F32:
        return "3.4028e+38";
    case DType::F16:
        return "65504";
    case DType::BF16:
        return "3.3895e+38";
    case DType::F8E4M3:
        return "448";
    case DType::F8E5M2:
        return "57344";
    default:
        return "";
    }
}

} // namespace heirloom
