// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace heirloom {
namespace {

std::string hashOf(std::string_view text) { return sha256Hex(std::as_bytes(std::span(text))); }

TEST(Sha256, GivesTheDigestsOfTheStandard) {
    EXPECT_EQ(hashOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hashOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hashOf(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
    const std::string text(1000, 'q');
    for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 999U}) {
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece)
            hash.update(
                std::as_bytes(std::span(text)).subspan(at, std::min(piece, text.size() - at)));
        EXPECT_EQ(hash.hex(), hashOf(text)) << piece;
    }
}

TEST(Sha256, GivesTheSameDigestsWithAndWithoutTheProcessorsInstructions) {
    std::string text;
    std::uint32_t next = 1;
    for (std::size_t size = 0; size < 700; ++size) {
        Sha256 fastest(Sha256Path::Fastest);
        Sha256 portable(Sha256Path::Portable);
        fastest.update(std::as_bytes(std::span(text)));
        portable.update(std::as_bytes(std::span(text)));
        ASSERT_EQ(fastest.hex(), portable.hex()) << size;
        next = next * 1664525 + 1013904223;
        text += static_cast<char>(next >> 24);
    }
}

TEST(Sha256, GivesTwoMessagesAtOnceTheDigestsThatEachHasAlone) {
    std::string text;
    for (std::uint32_t next = 1; text.size() < 3000; next = next * 1664525 + 1013904223)
        text += static_cast<char>(next >> 24);
    const auto bytes = std::as_bytes(std::span(text));
    for (const auto path : {Sha256Path::Fastest, Sha256Path::Portable})
        for (const std::size_t piece : {1U, 63U, 64U, 65U, 200U, 1000U})
            for (const std::size_t size : {0U, 1U, 64U, 777U, 2999U}) {
                // One message in pieces, the other whole, each handed over when it is used up.
                const auto shorter = bytes.first(size);
                Sha256 one(path), other(path);
                std::span<const std::byte> ofOne, ofOther = bytes;
                for (std::size_t at = 0; at < size || !ofOne.empty() || !ofOther.empty();) {
                    if (ofOne.empty() && at < size) {
                        ofOne = shorter.subspan(at, std::min(piece, size - at));
                        at += ofOne.size();
                    }
                    const std::size_t before = ofOne.size() + ofOther.size();
                    Sha256::updateBoth(one, ofOne, other, ofOther);
                    ASSERT_LT(ofOne.size() + ofOther.size(), before);
                }
                EXPECT_EQ(one.hex(), sha256Hex(shorter)) << piece << " " << size;
                EXPECT_EQ(other.hex(), sha256Hex(bytes)) << piece << " " << size;
            }
}

} // namespace
} // namespace heirloom
