// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Limits.h"

#include <gtest/gtest.h>

#include <set>

namespace heirloom {

TEST(Limits, HaveEachANameOfTheirOwnAndAStandardValue) {
    std::set<std::string_view> names;
    for (const auto& row : limitTable()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        if (row.limit != Limit::TrailingBytes) { // none are passed over unless told
            EXPECT_GT(row.standard, 0U) << row.name;
        }
        EXPECT_EQ(Limits()[row.limit], row.standard) << row.name;
    }
}

TEST(Limits, AreRaisedByTheNameThatErrorsQuote) {
    Limits limits;
    const auto over =
        limits.check("a.safetensors", Limit::HeaderBytes, 100'000'001, "the header's bytes are");
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().text,
              "the header's bytes are 100000001, over the limit header_bytes of 100000000");
    EXPECT_NE(over.error().advice.find("--limit header_bytes=NUMBER"), std::string::npos);
    ASSERT_TRUE(limits.set("header_bytes=100000001"));
    EXPECT_TRUE(limits.check("a.safetensors", Limit::HeaderBytes, 100'000'001, ""));
}

TEST(Limits, RefuseUnknownNamesAndNumbersThatAreNone) {
    Limits limits;
    for (const auto* text : {"",
                             "header",
                             "header_bytes",
                             "header_bytes=",
                             "header_bytes=0",
                             "header_bytes=-1",
                             "header_bytes=1k",
                             "header_bytes=99999999999999999999"})
        EXPECT_FALSE(limits.set(text)) << text;
    EXPECT_NE(limits.set("header=1").error().advice.find("header_bytes"), std::string::npos);
    EXPECT_EQ(limits, Limits());
}

} // namespace heirloom
