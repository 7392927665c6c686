// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Crc32.h"

#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace heirloom {
namespace {

// The check value of the catalogue of CRCs, and zlib.crc32 of Python.
TEST(Crc32, GivesTheNumbersOfZipFiles) {
    const auto of = [](std::string_view text) { return crc32(std::as_bytes(std::span(text))); };
    EXPECT_EQ(of(""), 0U);
    EXPECT_EQ(of("123456789"), 0xcbf43926U);
    const std::string long_(1000, 'a');
    EXPECT_EQ(of(long_), 0x9a38da03U);
}

TEST(Crc32, GivesTheSameByFoldingAndByTableInPiecesOfAnySize) {
    Random random(3);
    std::vector<std::byte> bytes(3000);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random.below(256));
    for (std::size_t size = 0; size < 700; ++size)
        for (const std::size_t begin : {0, 1, 7})
            ASSERT_EQ(crc32(std::span(bytes).subspan(begin, size)),
                      crc32Portably(std::span(bytes).subspan(begin, size)))
                << size;
    const std::uint32_t whole = crc32Portably(bytes);
    for (const std::size_t cut : {0, 1, 63, 64, 65, 1500, 2999, 3000})
        EXPECT_EQ(crc32(std::span(bytes).subspan(cut), crc32(std::span(bytes).first(cut))), whole);
}

} // namespace
} // namespace heirloom
