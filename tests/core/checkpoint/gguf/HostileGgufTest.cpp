// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

#include <map>

namespace heirloom {
namespace {

using test::number;
using test::openText;

std::string text(std::string_view value) { return number(value.size(), 8) + std::string(value); }

std::string u32(std::uint32_t value) { return number(value, 4); }

/// A tensor's row in the list; `dims` are in the file's order, the fastest first.
std::string row(std::string_view name,
                const std::vector<std::uint64_t>& dims,
                std::uint32_t type = 0,
                std::uint64_t offset = 0) {
    std::string made = text(name) + u32(static_cast<std::uint32_t>(dims.size()));
    for (const auto dim : dims)
        made += number(dim, 8);
    return made + u32(type) + number(offset, 8);
}

std::string file(const std::vector<std::string>& values,
                 const std::vector<std::string>& tensors,
                 std::size_t dataSize,
                 std::uint32_t version = 3) {
    std::string made = "GGUF" + u32(version) + number(tensors.size(), 8) + number(values.size(), 8);
    for (const auto& value : values)
        made += value;
    for (const auto& tensor : tensors)
        made += tensor;
    made.resize((made.size() + 31) / 32 * 32, '\0');
    return made + std::string(dataSize, 'd');
}

std::string textValue(std::string_view key, std::string_view value) {
    return text(key) + u32(8) + text(value);
}

std::string deepArray(int depth) {
    std::string made = text("deep") + u32(9);
    for (int i = 0; i < depth; ++i)
        made += u32(9) + number(1, 8);
    return made + u32(0) + number(1, 8) + "x";
}

struct Broken {
    const char* name; ///< what is broken
    std::string bytes;
    const char* words; ///< part of the refusal
};

const std::vector<Broken>& brokenFiles() {
    constexpr auto huge = ~std::uint64_t{0};
    static const std::vector<Broken> rows = {
        {"MagicAlone", "GGUF", "ends at byte 4"},
        {"CountsCut", "GGUF" + u32(3) + number(1, 8), "ends at byte 16"},
        {"VersionZero", file({}, {}, 0, 0), "is of version 0"},
        {"VersionOne", file({}, {}, 0, 1), "is of version 1"},
        {"VersionFour", file({}, {}, 0, 4), "is of version 4"},
        {"BigEndian", file({}, {}, 0, 0x03000000), "big-endian"},
        {"TensorsBeyondTheLimit",
         "GGUF" + u32(3) + number(2'000'001, 8) + number(0, 8),
         "limit tensors of 2000000"},
        {"TensorsWithoutEnd", "GGUF" + u32(3) + number(huge, 8) + number(0, 8), "limit tensors of"},
        {"TensorsThatAreNotThere",
         "GGUF" + u32(3) + number(1000, 8) + number(0, 8),
         "inside its list"},
        {"ValuesWithoutEnd", "GGUF" + u32(3) + number(0, 8) + number(huge, 8), "inside its list"},
        {"KeyWithoutEnd", file({number(huge, 8)}, {}, 0), "said to have 18446744073709551615"},
        {"KeyTooLong",
         file({text(std::string(65536, 'k')) + u32(0) + "x"}, {}, 0),
         "at most 65535"},
        {"KeyTwice", file({textValue("a", "1"), textValue("a", "2")}, {}, 0), "comes twice"},
        {"KeyWithNul", file({textValue(std::string_view("a\0b", 3), "1")}, {}, 0), "NUL"},
        {"KeyNotUtf8", file({textValue("\xff", "1")}, {}, 0), "not UTF-8"},
        {"ManyKeys",
         [] {
             std::vector<std::string> values;
             for (int i = 0; i < 250'000; ++i)
                 values.push_back(text(fmt::format("{}", i)) + u32(0) + "x");
             return file(values, {}, 0);
         }(),
         "limit metadata_bytes of"},
        {"ValueOfUnknownType", file({text("a") + u32(13) + number(0, 8)}, {}, 0), "of type 13"},
        {"ValueCut",
         file({text("a") + u32(12)}, {}, 0).substr(0, 24 + 9 + 4 + 3),
         "inside its list"},
        {"TextWithoutEnd",
         file({text("a") + u32(8) + number(huge, 8)}, {}, 0),
         "reach beyond the file"},
        {"TextBeyondFile", file({text("a") + u32(8) + number(4000, 8)}, {}, 0), "inside its list"},
        {"ArrayWithoutEnd",
         file({text("a") + u32(9) + u32(10) + number(huge, 8)}, {}, 0),
         "reach beyond the file"},
        {"ArrayThatWraps",
         file({text("a") + u32(9) + u32(10) + number(std::uint64_t{1} << 61, 8)}, {}, 0),
         "reach beyond the file"},
        {"ArrayOfTextsWithoutEnd",
         file({text("a") + u32(9) + u32(8) + number(huge, 8)}, {}, 0),
         "inside its list"},
        {"ArrayOfUnknownType",
         file({text("a") + u32(9) + u32(99) + number(1, 8)}, {}, 0),
         "of type 99"},
        {"ArraysDeep", file({deepArray(5)}, {}, 0), "more than 4 deep"},
        {"ArraysVeryDeep", file({deepArray(10'000)}, {}, 0), "more than 4 deep"},
        {"AlignmentZero",
         file({text("general.alignment") + u32(4) + u32(0)}, {}, 0),
         "power of two"},
        {"AlignmentThree",
         file({text("general.alignment") + u32(4) + u32(3)}, {}, 0),
         "power of two"},
        {"AlignmentHuge",
         file({text("general.alignment") + u32(4) + u32(1U << 31)}, {}, 0),
         "power of two"},
        {"AlignmentIsAText",
         file({text("general.alignment") + u32(10) + number(32, 8)}, {}, 0),
         "power of two"},
        {"NameTooLong", file({}, {row(std::string(4097, 'n'), {1})}, 4), "at most 4096"},
        {"NameWithNul", file({}, {row(std::string_view("a\0b", 3), {1})}, 4), "NUL"},
        {"NameTwice", file({}, {row("a", {1}), row("a", {1})}, 4), "two tensors are named 'a'"},
        {"NineAxes", file({}, {row("a", std::vector<std::uint64_t>(9, 1))}, 4), "it has 9 axes"},
        {"AxesWithoutEnd", file({}, {text("a") + u32(~0U)}, 4), "axes"},
        {"SizeAbove48Bits",
         file({}, {row("a", {(std::uint64_t{1} << 48) + 1})}, 4),
         "larger than 2^48"},
        {"SizeNegative", file({}, {row("a", {huge})}, 4), "larger than 2^48"},
        {"ShapeOverflow",
         file({}, {row("a", {std::uint64_t{1} << 32, std::uint64_t{1} << 32})}, 4),
         "more elements than"},
        {"ShapeOverflowHiddenByZero",
         file({}, {row("a", {std::uint64_t{1} << 40, std::uint64_t{1} << 40, 0})}, 4),
         "more elements than"},
        {"BytesOverflow",
         file({}, {row("a", {std::uint64_t{1} << 48, 32767}, 28)}, 4),
         "more bytes than"},
        {"DataMissing", file({}, {row("a", {4})}, 0), "ends before its tensors"},
        {"DataCut", file({}, {row("a", {4})}, 15), "needs 16 bytes"},
        {"OffsetBeyondFile", file({}, {row("a", {1}, 0, 64)}, 32), "ends before its tensors"},
        {"OffsetWithoutEnd",
         file({}, {row("a", {1}, 0, huge - 31)}, 32),
         "ends before its tensors"},
        {"OffsetUnaligned", file({}, {row("a", {1}, 0, 4)}, 32), "no multiple of 32"},
        {"QuantisedHalfABlock", file({}, {row("a", {33}, 8)}, 4), "no whole blocks"},
        {"QuantisedCut", file({}, {row("a", {32}, 8)}, 33), "needs 34 bytes"},
        {"ListCut", file({}, {row("a", {1})}, 0).substr(0, 50), "inside its list"},
    };
    return rows;
}

class HostileGguf : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileGguf, IsRefusedWithTheRuleItBreaks) {
    const Broken& broken = brokenFiles()[GetParam()];
    const auto opened = openText(broken.bytes);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find(broken.words), std::string::npos)
        << opened.error().message();
    EXPECT_EQ(opened.error().where, "<memory>");
}

INSTANTIATE_TEST_SUITE_P(Files,
                         HostileGguf,
                         testing::Range(std::size_t{0}, brokenFiles().size()),
                         [](const auto& row) {
                             return std::string(brokenFiles()[row.param].name);
                         });

TEST(Gguf, AcceptsWhatTheFormatAllows) {
    const std::map<std::string, std::string> files = {
        {"nothing at all", file({}, {}, 0)},
        {"a scalar", file({}, {row("a", {})}, 4)},
        {"no elements", file({}, {row("a", {0, 3})}, 0)},
        {"bytes behind the tensors", file({}, {row("a", {1})}, 100)},
        {"arrays in arrays", file({deepArray(3)}, {row("a", {1})}, 4)},
        {"a long text", file({textValue("a", std::string(100'000, 'x'))}, {row("a", {1})}, 4)},
        {"a text that is no text", file({textValue("a", "\xff")}, {row("a", {1})}, 4)},
        {"a type of tomorrow", file({}, {row("a", {1}), row("b", {5}, 1000)}, 4)}};
    for (const auto& [name, bytes] : files) {
        SCOPED_TRACE(name);
        const auto opened = openText(bytes);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->format(), "gguf");
        EXPECT_TRUE((*opened)->readAll());
    }
}

} // namespace
} // namespace heirloom
