// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Checkpoint.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace heirloom {
namespace {

TEST(TensorInfo, NamesEveryTypeBothWays) {
    for (int i = 0; i < static_cast<int>(DType::Unsupported); ++i) {
        const auto dtype = static_cast<DType>(i);
        EXPECT_EQ(dtypeFromName(dtypeName(dtype)), dtype);
        EXPECT_GT(dtypeSize(dtype), 0);
    }
    EXPECT_FALSE(dtypeFromName("unsupported"));
    EXPECT_FALSE(dtypeFromName("f32"));
    EXPECT_EQ(dtypeSize(DType::Unsupported), 0);
    EXPECT_EQ(dtypeName(DType::F8E4M3), "F8_E4M3");
}

TEST(TensorInfo, CountsElementsWithoutOverflow) {
    EXPECT_EQ(elementCount({}), 1);
    EXPECT_EQ(elementCount({3, 0, 5}), 0);
    EXPECT_EQ(elementCount({1152, 384}), 442368);
    EXPECT_FALSE(elementCount({std::int64_t{1} << 32, std::int64_t{1} << 32}));
    EXPECT_FALSE(elementCount({std::int64_t{1} << 40, std::int64_t{1} << 40, 0}));
    EXPECT_FALSE(elementCount({2, -1}));
    EXPECT_EQ(shapeText({1152, 384}), "1152×384");
    EXPECT_EQ(shapeText({}), "scalar");
}

template <class Stored>
std::vector<float> floatsOf(DType dtype, std::initializer_list<Stored> values) {
    HostTensor tensor = HostTensor::zeros(dtype, {static_cast<std::int64_t>(values.size())});
    std::memcpy(tensor.bytes.data(), std::data(values), tensor.bytes.size());
    return toFloats(tensor);
}

TEST(HostTensor, TurnsEveryTypeIntoFloats) {
    using Floats = std::vector<float>;
    constexpr float inf = std::numeric_limits<float>::infinity();
    EXPECT_EQ(floatsOf<double>(DType::F64, {0.1, -2.0}), (Floats{0.1F, -2.0F}));
    EXPECT_EQ(floatsOf<std::uint16_t>(DType::F16, {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00}),
              (Floats{1, -2, 65504, 0x1p-24F, -0.0F, inf}));
    EXPECT_EQ(floatsOf<std::uint16_t>(DType::BF16, {0x3f80, 0xc000, 0xff80}),
              (Floats{1, -2, -inf}));
    EXPECT_EQ(floatsOf<std::uint8_t>(DType::F8E4M3, {0x38, 0xb8, 0x7e, 0x01}),
              (Floats{1, -1, 448, 0x1p-9F}));
    EXPECT_EQ(floatsOf<std::uint8_t>(DType::F8E5M2, {0x3c, 0x7b, 0x7c}), (Floats{1, 57344, inf}));
    EXPECT_TRUE(std::isnan(floatsOf<std::uint16_t>(DType::F16, {0x7e00})[0]));
    EXPECT_TRUE(std::isnan(floatsOf<std::uint8_t>(DType::F8E4M3, {0x7f})[0]));
    EXPECT_EQ(floatsOf<std::int64_t>(DType::I64, {-5, 1 << 20}), (Floats{-5, 1 << 20}));
    EXPECT_EQ(floatsOf<std::int8_t>(DType::I8, {-128}), (Floats{-128}));
    EXPECT_EQ(floatsOf<std::uint64_t>(DType::U64, {~std::uint64_t{0}}), (Floats{0x1p64F}));
    EXPECT_EQ(floatsOf<std::uint8_t>(DType::Bool, {0, 1}), (Floats{0, 1}));
}

TEST(StateDict, KeepsInsertionOrderAndReplacesInPlace) {
    StateDict state;
    state.set("b", HostTensor::zeros(DType::F32, {2}));
    state.set("a", HostTensor::zeros(DType::I64, {}));
    state.set("b", HostTensor::fromFloats({3}, std::array{1.0F, 2.0F, 3.0F}));
    ASSERT_EQ(state.size(), 2U);
    EXPECT_EQ(state.entries()[0].first, "b");
    EXPECT_EQ(state.find("b")->floats()[2], 3.0F);
    EXPECT_EQ(state.find("c"), nullptr);
    EXPECT_EQ(state.bytes(), 12 + 8);
    EXPECT_EQ(state.infos()[1], (TensorInfo{"a", DType::I64, {}}));
}

TEST(MemoryCheckpoint, ReadsRowsAndWholeTensors) {
    StateDict state;
    state.set("w", HostTensor::fromFloats({3, 2}, std::array{0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F}));
    state.set("s", HostTensor::fromFloats({}, std::array{7.0F}));
    state.set("e", HostTensor::zeros(DType::F32, {0, 4}));
    const auto checkpoint = memoryCheckpoint(state, {{"k", "v"}});
    EXPECT_EQ(checkpoint->format(), "memory");
    EXPECT_EQ(checkpoint->metadata().at("k"), "v");
    std::array<float, 4> rows{};
    ASSERT_TRUE(checkpoint->readRows(
        *checkpoint->find("w"), 1, 2, std::as_writable_bytes(std::span(rows))));
    EXPECT_EQ(rows, (std::array{2.0F, 3.0F, 4.0F, 5.0F}));
    EXPECT_FALSE(checkpoint->readRows(
        *checkpoint->find("w"), 2, 2, std::as_writable_bytes(std::span(rows))));
    for (const auto& [name, tensor] : state.entries())
        EXPECT_EQ(checkpoint->read(name).value(), tensor);
    EXPECT_FALSE(checkpoint->read("missing"));
    EXPECT_EQ(checkpoint->readAll()->entries(), state.entries());
}

} // namespace
} // namespace heirloom
