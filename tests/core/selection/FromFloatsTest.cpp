// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/FromFloats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace heirloom {
namespace {

std::uint16_t cast(float value, DType dtype) {
    const auto made = castFloats(HostTensor::fromFloats({1}, std::span(&value, 1)), dtype);
    std::uint16_t bits = 0;
    EXPECT_EQ(made.bytes.size(), sizeof bits);
    std::memcpy(&bits, made.bytes.data(), sizeof bits);
    return bits;
}

// The expected bits are what torch.tensor(value).to(dtype).view(torch.int16) gives.
TEST(CastFloats, RoundsToHalfAsTorchDoes) {
    EXPECT_EQ(cast(1.0F, DType::F16), 0x3c00);
    EXPECT_EQ(cast(-2.5F, DType::F16), 0xc100);
    EXPECT_EQ(cast(1.0F + 0x1p-11F, DType::F16), 0x3c00); // half way, to even
    EXPECT_EQ(cast(1.0F + 3 * 0x1p-11F, DType::F16), 0x3c02);
    EXPECT_EQ(cast(1.0F + 0x1p-11F + 0x1p-20F, DType::F16), 0x3c01);
    EXPECT_EQ(cast(65504.0F, DType::F16), 0x7bff);
    EXPECT_EQ(cast(65519.0F, DType::F16), 0x7bff);
    EXPECT_EQ(cast(65520.0F, DType::F16), 0x7c00);
    EXPECT_EQ(cast(0x1p-24F, DType::F16), 0x0001);
    EXPECT_EQ(cast(0x1p-25F, DType::F16), 0x0000);
    EXPECT_EQ(cast(-0x1.8p-24F, DType::F16), 0x8002);
    EXPECT_EQ(cast(0x1.ff8p-15F, DType::F16), 0x03ff);
    EXPECT_EQ(cast(0x1.ffcp-15F, DType::F16), 0x0400); // half way, to even
    EXPECT_EQ(cast(0x1.fffp-15F, DType::F16), 0x0400);
    EXPECT_EQ(cast(-0.0F, DType::F16), 0x8000);
    EXPECT_EQ(cast(std::numeric_limits<float>::quiet_NaN(), DType::F16) & 0x7e00, 0x7e00);
}

TEST(CastFloats, RoundsToBfloatAsTorchDoes) {
    EXPECT_EQ(cast(1.0F, DType::BF16), 0x3f80);
    EXPECT_EQ(cast(1.0F + 0x1p-8F, DType::BF16), 0x3f80);
    EXPECT_EQ(cast(1.0F + 3 * 0x1p-8F, DType::BF16), 0x3f82);
    EXPECT_EQ(cast(std::numeric_limits<float>::infinity(), DType::BF16), 0x7f80);
    EXPECT_EQ(cast(std::numeric_limits<float>::quiet_NaN(), DType::BF16) & 0x7fc0, 0x7fc0);
}

TEST(CastFloats, ReturnsEveryHalfAndBfloatUnchanged) {
    for (const auto dtype : {DType::F16, DType::BF16})
        for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
            HostTensor tensor = HostTensor::zeros(dtype, {1});
            std::memcpy(tensor.bytes.data(), &bits, 2);
            const float value = toFloats(tensor)[0];
            if (!std::isnan(value)) {
                ASSERT_EQ(cast(value, dtype), bits);
            }
        }
}

TEST(CastFloats, WidensToDoubleExactly) {
    const float value = 0.1F;
    const auto made = castFloats(HostTensor::fromFloats({1}, std::span(&value, 1)), DType::F64);
    double wide = 0;
    std::memcpy(&wide, made.bytes.data(), sizeof wide);
    EXPECT_EQ(wide, static_cast<double>(value));
}

} // namespace
} // namespace heirloom
