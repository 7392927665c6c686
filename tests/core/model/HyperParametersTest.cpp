// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/HyperParameters.h"

#include <gtest/gtest.h>

using namespace heirloom;

namespace {

HyperParameters sample() {
    HyperParameters values;
    values.set("dim", std::int64_t{192});
    values.set("num_classes", std::int64_t{1000});
    values.set("distilled", false);
    values.set("rate", 0.5);
    values.set("pool", std::string("token"));
    values.set("depths", std::vector<std::int64_t>{3, 3, 9, 3});
    return values;
}

Error errorOf(std::string_view changes) {
    const auto result = withChanges(sample(), changes);
    EXPECT_FALSE(result) << changes;
    return result ? Error{} : result.error();
}

bool says(const Error& error, std::string_view words) {
    return error.message().find(words) != std::string::npos;
}

} // namespace

TEST(HyperParameters, SettingAKnownNameKeepsItsPlace) {
    auto values = sample();
    values.set("dim", std::int64_t{96});
    EXPECT_EQ(values.entries().front().first, "dim");
    EXPECT_EQ(values.entries().size(), sample().entries().size());
    EXPECT_EQ(values.integer("dim"), 96);
}

TEST(HyperParameters, AnAbsentNameOrAnotherKindGivesTheFallback) {
    EXPECT_EQ(sample().integer("heads", 7), 7);
    EXPECT_EQ(sample().integer("pool", 7), 7);
    EXPECT_TRUE(sample().flag("dim", true));
    EXPECT_TRUE(sample().integers("dim").empty());
    EXPECT_EQ(sample().text("dim"), "");
}

TEST(HyperParameters, EveryKindIsWrittenAsItIsRead) {
    const auto values = sample();
    std::string text;
    for (const auto& [name, value] : values.entries())
        text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, hyperText(value));
    EXPECT_EQ(text, "dim=192,num_classes=1000,distilled=false,rate=0.5,pool=token,depths=3-3-9-3");
    const auto again = withChanges(sample(), text);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, sample());
}

TEST(HyperParameters, ChangesReplaceValuesOfTheirKind) {
    const auto changed =
        withChanges(sample(), "dim=96,distilled=true,depths=2-2,pool=avg,rate=0.25");
    ASSERT_TRUE(changed) << changed.error().message();
    EXPECT_EQ(changed->integer("dim"), 96);
    EXPECT_TRUE(changed->flag("distilled"));
    EXPECT_EQ(changed->integers("depths"), (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(changed->text("pool"), "avg");
    EXPECT_TRUE(withChanges(sample(), ""));
}

TEST(HyperParameters, AnUnknownNameIsRefusedWithTheNamesThereAre) {
    const auto error = errorOf("width=3");
    EXPECT_EQ(error.where, "width");
    EXPECT_TRUE(says(error, "dim, num_classes, distilled")) << error.message();
}

TEST(HyperParameters, OnlyNumClassesAndRegisterTokensMayBeZero) {
    EXPECT_TRUE(withChanges(sample(), "num_classes=0"));
    EXPECT_TRUE(says(errorOf("dim=0"), "above 0, found 0"));
    EXPECT_TRUE(says(errorOf("dim=-4"), "above 0, found -4"));
    EXPECT_TRUE(says(errorOf("num_classes=-1"), "above -1, found -1"));
}

TEST(HyperParameters, AValueOfAnotherKindIsRefused) {
    for (const auto text : {"dim=12x",
                            "dim=",
                            "dim=1.5",
                            "dim=99999999999999999999",
                            "distilled=maybe",
                            "rate=nan",
                            "rate=-1",
                            "depths=2-x-2",
                            "depths=2--2",
                            "depths=2-0",
                            "depths=",
                            "pool="})
        EXPECT_TRUE(says(errorOf(text), "expected")) << text;
}

TEST(HyperParameters, BrokenListsOfChangesAreRefused) {
    for (const auto text : {"dim", "=3", "dim=3,", ",dim=3", "dim=3,,pool=avg"})
        EXPECT_TRUE(says(errorOf(text), "expected name=value")) << text;
    EXPECT_TRUE(says(errorOf("dim=3,dim=4"), "twice"));
}
