// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/OpenCheckpoint.h"

#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

using namespace std::string_literals;

TEST(OpenCheckpoint, TellsCompressedFilesFromUnknownOnes) {
    for (const auto& magic :
         {"\x1f\x8b\x08"s, "\x28\xb5\x2f\xfd"s, "\xfd\x37zXZ"s, "BZh9"s, "7z\xbc\xaf"s}) {
        const auto opened = test::openText(magic + std::string(600, 'x'));
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().text.find("is compressed"), std::string::npos)
            << opened.error().message();
        EXPECT_EQ(opened.error().advice, "Unpack it and open what was inside");
    }
    const auto opened = test::openText(std::string(600, 'x'));
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find("no checkpoint of a known kind"), std::string::npos);
}

} // namespace
} // namespace heirloom
