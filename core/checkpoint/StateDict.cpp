// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/StateDict.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace heirloom {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are kept little endian and are read in place");

float halfToFloat(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = (bits >> 10) & 31U;
    const std::uint32_t fraction = bits & 0x3ffU;
    if (exponent == 0) {
        const float magnitude =
            static_cast<float>(fraction) * 0x1p-24F; // exact, subnormals included
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float bfloatToFloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// 4 exponent bits with bias 7, 3 fraction bits, no infinities (the "fn" variant of PyTorch and
/// safetensors).
float e4m3ToFloat(std::uint8_t bits) {
    const int exponent = (bits >> 3) & 15;
    const int fraction = bits & 7;
    if (exponent == 15 && fraction == 7)
        return std::numeric_limits<float>::quiet_NaN();
    const float magnitude = exponent == 0
                                ? std::ldexp(static_cast<float>(fraction), -9)
                                : std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
    return (bits & 0x80) != 0 ? -magnitude : magnitude;
}

/// The upper byte of a half.
float e5m2ToFloat(std::uint8_t bits) { return halfToFloat(static_cast<std::uint16_t>(bits << 8)); }

template <class Convert> std::array<float, 256> tableOf(Convert toFloat) {
    std::array<float, 256> table;
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = toFloat(static_cast<std::uint8_t>(i));
    return table;
}

const std::array<float, 256> e4m3Floats = tableOf(e4m3ToFloat);
const std::array<float, 256> e5m2Floats = tableOf(e5m2ToFloat);

template <class Stored, class Convert>
void convert(std::span<const std::byte> bytes, std::span<float> out, Convert toFloat) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored value;
        std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
        out[i] = toFloat(value);
    }
}

template <class Stored>
void convertNumbers(std::span<const std::byte> bytes, std::span<float> out) {
    convert<Stored>(bytes, out, [](Stored value) { return static_cast<float>(value); });
}

} // namespace

HostTensor HostTensor::zeros(DType dtype, Shape shape) {
    HostTensor made{dtype, std::move(shape), {}};
    made.bytes.resize(static_cast<std::size_t>(made.elements() * dtypeSize(dtype)));
    return made;
}

HostTensor HostTensor::fromFloats(Shape shape, std::span<const float> values) {
    HostTensor made{DType::F32, std::move(shape), {}};
    assert(made.elements() == static_cast<std::int64_t>(values.size()));
    const auto bytes = std::as_bytes(values);
    made.bytes.assign(bytes.begin(), bytes.end());
    return made;
}

std::span<const float> HostTensor::floats() const {
    assert(dtype == DType::F32);
    return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::span<float> HostTensor::floats() {
    assert(dtype == DType::F32);
    return {reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::vector<float> toFloats(const HostTensor& tensor) {
    std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
    toFloats(tensor.dtype, tensor.bytes, out);
    return out;
}

void toFloats(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
    assert(bytes.size() >= out.size() * static_cast<std::size_t>(dtypeSize(dtype)));
    switch (dtype) {
    case DType::F32:
        if (!out.empty())
            std::memcpy(out.data(), bytes.data(), out.size_bytes());
        return;
    case DType::F64:
        return convertNumbers<double>(bytes, out);
    case DType::F16:
        return convert<std::uint16_t>(bytes, out, halfToFloat);
    case DType::BF16:
        return convert<std::uint16_t>(bytes, out, bfloatToFloat);
    case DType::F8E4M3:
        return convert<std::uint8_t>(
            bytes, out, [](std::uint8_t value) { return e4m3Floats[value]; });
    case DType::F8E5M2:
        return convert<std::uint8_t>(
            bytes, out, [](std::uint8_t value) { return e5m2Floats[value]; });
    case DType::I64:
        return convertNumbers<std::int64_t>(bytes, out);
    case DType::I32:
        return convertNumbers<std::int32_t>(bytes, out);
    case DType::I16:
        return convertNumbers<std::int16_t>(bytes, out);
    case DType::I8:
        return convertNumbers<std::int8_t>(bytes, out);
    case DType::U64:
        return convertNumbers<std::uint64_t>(bytes, out);
    case DType::U32:
        return convertNumbers<std::uint32_t>(bytes, out);
    case DType::U16:
        return convertNumbers<std::uint16_t>(bytes, out);
    case DType::U8:
        return convertNumbers<std::uint8_t>(bytes, out);
    case DType::Bool:
        return convert<std::uint8_t>(
            bytes, out, [](std::uint8_t value) { return value != 0 ? 1.0F : 0.0F; });
    case DType::Unsupported:
        break;
    }
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
}

void StateDict::set(std::string name, HostTensor tensor) {
    const auto [found, isNew] = m_index.try_emplace(name, m_entries.size());
    if (isNew)
        m_entries.emplace_back(std::move(name), std::move(tensor));
    else
        m_entries[found->second].second = std::move(tensor);
}

const HostTensor* StateDict::find(std::string_view name) const {
    const auto found = m_index.find(std::string(name));
    return found == m_index.end() ? nullptr : &m_entries[found->second].second;
}

HostTensor* StateDict::find(std::string_view name) {
    const auto found = m_index.find(std::string(name));
    return found == m_index.end() ? nullptr : &m_entries[found->second].second;
}

std::vector<TensorInfo> StateDict::infos() const {
    std::vector<TensorInfo> infos;
    infos.reserve(m_entries.size());
    for (const auto& [name, tensor] : m_entries)
        infos.push_back({name, tensor.dtype, tensor.shape});
    return infos;
}

std::int64_t StateDict::bytes() const {
    std::int64_t total = 0;
    for (const auto& [name, tensor] : m_entries)
        total += static_cast<std::int64_t>(tensor.bytes.size());
    return total;
}

} // namespace heirloom
