// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/FloatCast.h"

#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/ConvertedCheckpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace heirloom {
namespace {

constexpr std::array floatTypes = {
    DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8E4M3, DType::F8E5M2};

std::span<const std::byte> element(const HostTensor& tensor, std::size_t i) {
    const auto size = static_cast<std::size_t>(dtypeSize(tensor.dtype));
    return std::span<const std::byte>(tensor.bytes).subspan(i * size, size);
}

bool isNan(const HostTensor& tensor, std::size_t i) {
    const auto bytes = element(tensor, i);
    if (tensor.dtype == DType::F64) {
        double value = 0;
        std::ranges::copy(bytes, std::as_writable_bytes(std::span(&value, 1)).begin());
        return std::isnan(value);
    }
    float value = 0;
    toFloats(tensor.dtype, bytes, std::span(&value, 1));
    return std::isnan(value);
}

// Made by tests/data/golden/convert/make_convert.py with torch.
TEST(FloatCast, GivesTorchsBitsBetweenAllTypes) {
    const auto golden =
        openCheckpoint(test::dataFolder() / "golden" / "convert" / "convert.safetensors");
    ASSERT_TRUE(golden) << golden.error().message();
    for (const DType from : floatTypes) {
        const auto source = (*golden)->read(dtypeName(from));
        ASSERT_TRUE(source) << source.error().message();
        for (const DType to : floatTypes) {
            if (to == from)
                continue;
            const std::string name = fmt::format("{}.{}", dtypeName(from), dtypeName(to));
            const auto expected = (*golden)->read(name);
            ASSERT_TRUE(expected) << expected.error().message();
            auto made = HostTensor::zeros(to, source->shape);
            convertFloats(from, source->bytes, to, made.bytes);
            for (std::size_t i = 0; i < static_cast<std::size_t>(source->elements()); ++i) {
                const bool isEqual = std::ranges::equal(element(made, i), element(*expected, i));
                ASSERT_TRUE(isEqual || (isNan(made, i) && isNan(*expected, i)))
                    << name << " element " << i;
                ASSERT_TRUE(!isNan(*source, i) || isNan(made, i)) << name << " element " << i;
            }
        }
    }
}

TEST(FloatCast, KeepsTheSignOfANan) {
    const std::array values = {std::numeric_limits<float>::quiet_NaN(),
                               -std::numeric_limits<float>::quiet_NaN()};
    for (const DType to : floatTypes) {
        auto made = HostTensor::zeros(to, {2});
        EXPECT_EQ(convertFloats(DType::F32, std::as_bytes(std::span(values)), to, made.bytes), 0);
        EXPECT_EQ(element(made, 0).back() & std::byte{0x80}, std::byte{0}) << dtypeName(to);
        EXPECT_EQ(element(made, 1).back() & std::byte{0x80}, std::byte{0x80}) << dtypeName(to);
    }
}

TEST(FloatCast, CountsFiniteValuesThatAreTooLarge) {
    const std::array<float, 9> values = {1.0F,
                                         447.9F,
                                         -470.0F,
                                         60'000.0F,
                                         65'520.0F,
                                         -1e6F,
                                         3.4e38F,
                                         std::numeric_limits<float>::infinity(),
                                         std::numeric_limits<float>::quiet_NaN()};
    const auto lost = [&](DType to) {
        auto made = HostTensor::zeros(to, {std::ssize(values)});
        return convertFloats(DType::F32, std::as_bytes(std::span(values)), to, made.bytes);
    };
    EXPECT_EQ(lost(DType::F8E4M3), 6); // 448 in place of infinity, too
    EXPECT_EQ(lost(DType::F8E5M2), 3);
    EXPECT_EQ(lost(DType::F16), 3);
    EXPECT_EQ(lost(DType::BF16), 1);
    EXPECT_EQ(lost(DType::F64), 0);
    const std::array<double, 3> wide = {1e39, -3e38, std::numeric_limits<double>::infinity()};
    auto made = HostTensor::zeros(DType::F32, {3});
    EXPECT_EQ(convertFloats(DType::F64, std::as_bytes(std::span(wide)), DType::F32, made.bytes), 1);
}

TEST(FloatCast, TellsTheLargestValueOfEachType) {
    for (const DType dtype : floatTypes) {
        const std::string text = largestText(dtype);
        if (text.find('e') != std::string::npos)
            continue; // rounded for a person
        const auto value = static_cast<float>(std::stod(text));
        auto made = HostTensor::zeros(dtype, {1});
        EXPECT_EQ(convertFloats(DType::F32, std::as_bytes(std::span(&value, 1)), dtype, made.bytes),
                  0);
        EXPECT_EQ(toFloats(made).front(), value);
        const auto beyond = value * 1.0625F;
        EXPECT_EQ(
            convertFloats(DType::F32, std::as_bytes(std::span(&beyond, 1)), dtype, made.bytes),
            dtype == DType::F8E5M2 ? 0 : 1); // its steps are so wide that this rounds back
    }
}

TEST(ConvertedCheckpoint, ConvertsFloatsAndLeavesTheRest) {
    StateDict state;
    std::vector<float> values(3 * 5000, 0.3F);
    values[7] = 1e6F;
    values[14'999] = -500.0F;
    state.set("w", HostTensor::fromFloats({3, 5000}, values));
    state.set("plain", HostTensor::fromFloats({2}, std::array{1.0F, 2.0F}));
    state.set("count", HostTensor::zeros(DType::I64, {}));
    state.set("empty", HostTensor::zeros(DType::F32, {0, 3}));
    const auto source = memoryCheckpoint(state, {{"k", "v"}});
    const ConvertedCheckpoint made(source, DType::F8E4M3);
    EXPECT_EQ(made.metadata().at("k"), "v");
    EXPECT_EQ(made.find("w")->dtype, DType::F8E4M3);
    EXPECT_EQ(made.find("count")->dtype, DType::I64);
    std::vector<std::byte> row(5000);
    ASSERT_TRUE(made.readRows(*made.find("w"), 1, 1, row));
    EXPECT_TRUE(made.overflows().empty());
    const auto all = made.readAll();
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_EQ(toFloats(*all->find("w"))[1], 0.3125F);
    EXPECT_EQ(*all->find("count"), *state.find("count"));
    const auto overflows = made.overflows();
    ASSERT_EQ(overflows.size(), 1U);
    EXPECT_EQ(overflows[0].tensor, "w");
    EXPECT_EQ(overflows[0].values, 2);
}

} // namespace
} // namespace heirloom
