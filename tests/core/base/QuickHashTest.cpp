// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/QuickHash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace heirloom {
namespace {

std::vector<std::byte> someBytes(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<std::byte>(i % 251);
    return bytes;
}

QuickHash::Digest hashOf(std::span<const std::byte> bytes) {
    QuickHash hash;
    hash.update(bytes);
    return hash.digest();
}

// Python's xxhash: xxh3_128_hexdigest(b''), (b'abc'), (bytes(i % 251 for i in range(100000)))
TEST(QuickHash, EqualsXxh3OfPython) {
    constexpr std::array abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
    EXPECT_EQ(hashOf({}), (QuickHash::Digest{0x6001c324468d497f, 0x99aa06d3014798d8}));
    EXPECT_EQ(hashOf(abc), (QuickHash::Digest{0x78af5f94892f3950, 0x06b05ab6733a6185}));
    EXPECT_EQ(hashOf(someBytes(100'000)),
              (QuickHash::Digest{0x42c23aeead96750d, 0x54182c58bbb1337c}));
}

TEST(QuickHash, IsTheSameInPiecesAndAfterAReset) {
    const auto bytes = someBytes(10'000);
    QuickHash hash;
    hash.update(bytes);
    hash.reset();
    for (std::size_t at = 0; at < bytes.size(); at += 77)
        hash.update(std::span(bytes).subspan(at, std::min<std::size_t>(77, bytes.size() - at)));
    EXPECT_EQ(hash.digest(), hashOf(bytes));
}

TEST(QuickHash, ChangesWithEveryBit) {
    auto bytes = someBytes(300);
    const auto before = hashOf(bytes);
    for (auto& byte : bytes) {
        byte ^= std::byte{0x10};
        EXPECT_NE(hashOf(bytes), before);
        byte ^= std::byte{0x10};
    }
}

} // namespace
} // namespace heirloom
