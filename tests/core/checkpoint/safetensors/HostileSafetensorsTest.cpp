// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/LittleEndian.h"
#include "core/base/Random.h"
#include "core/checkpoint/OpenCheckpoint.h"
#include "tests/core/checkpoint/FileBuilder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iterator>
#include <map>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::number;
using test::openText;
using test::safetensorsFile;

struct Broken {
    const char* name; ///< what is broken
    std::string bytes;
    const char* words; ///< part of the refusal
};

std::string one(std::string_view fields, std::size_t dataSize = 8) {
    return safetensorsFile("{\"a\":{" + std::string(fields) + "}}", dataSize);
}

std::string repeated(std::string_view text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i)
        all += text;
    return all;
}

const std::vector<Broken>& brokenFiles() {
    static const std::string good = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
    static const std::string next = R"("dtype":"F32","shape":[2],"data_offsets":[8,16])";
    static const std::vector<Broken> rows = {
        {"HeaderLengthZero", number(0, 8) + "{}", "shortest has 2"},
        {"HeaderLengthOne", number(1, 8) + "{}", "shortest has 2"},
        {"HeaderLengthBeyondFile", number(100, 8) + "{}", "only 2 after"},
        {"HeaderLengthTwoTo63", number(std::uint64_t{1} << 63, 8) + "{}", "only 2 after"},
        {"HeaderLengthTwoTo64Minus8", number(~std::uint64_t{7}, 8) + "{}", "only 2 after"},
        {"HeaderLengthAboveTheLimit",
         number(100'000'001, 8) + "{" + std::string(100'000'010, ' '),
         "limit header_bytes of 100000000"},
        {"NulPadding", safetensorsFile("{}\0\0"s), "NUL byte"},
        {"NotAnObject", number(4, 8) + " {]}", "valid JSON"},
        {"CutInsideTheHeader", number(8, 8) + R"({"a":{"d)", "valid JSON"},
        {"TwoObjects", safetensorsFile("{}{}"), "valid JSON"},
        {"Comment", safetensorsFile("{/* */}"), "valid JSON"},
        {"TrailingComma", safetensorsFile("{\"a\":{" + good + "},}", 8), "valid JSON"},
        {"NotUtf8", safetensorsFile("{\"\xff\":{" + good + "}}", 8), "valid JSON"},
        {"OverlongUtf8", safetensorsFile("{\"\xc0\xaf\":{" + good + "}}", 8), "valid JSON"},
        {"LoneSurrogate", safetensorsFile("{\"\\ud800\":{" + good + "}}", 8), "valid JSON"},
        {"EscapedNulInName", safetensorsFile("{\"a\\u0000b\":{" + good + "}}", 8), "NUL"},
        {"DoubleName",
         safetensorsFile("{\"a\":{" + good + "},\"a\":{" + next + "}}", 16),
         "two tensors are named 'a'"},
        {"DoubleNameThroughEscapes",
         safetensorsFile("{\"a\":{" + good + "},\"\\u0061\":{" + next + "}}", 16),
         "two tensors are named 'a'"},
        {"DoubleField", one(good + ",\"dtype\":\"F32\""), "comes twice"},
        {"ExtraField", one(good + ",\"stride\":[1]"), "not part of the format"},
        {"MissingDtype", one(R"("shape":[2],"data_offsets":[0,8])"), "must all be there"},
        {"MissingShape", one(R"("dtype":"F32","data_offsets":[0,8])"), "must all be there"},
        {"MissingOffsets", one(R"("dtype":"F32","shape":[2])"), "must all be there"},
        {"EntryIsAList", safetensorsFile(R"({"a":[1]})"), "does not belong"},
        {"EntryIsANumber", safetensorsFile(R"({"a":1})"), "does not belong"},
        {"EntryIsNull", safetensorsFile(R"({"a":null})"), "does not belong"},
        {"DtypeIsANumber", one(R"("dtype":4,"shape":[2],"data_offsets":[0,8])"), "does not belong"},
        {"ShapeIsAString",
         one(R"("dtype":"F32","shape":"2","data_offsets":[0,8])"),
         "does not belong"},
        {"ShapeHoldsAString",
         one(R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])"),
         "does not belong"},
        {"ShapeNested",
         one(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"),
         "does not belong"},
        {"NegativeSize", one(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), "negative"},
        {"FractionalSize",
         one(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"),
         "whole number"},
        {"ExponentSize",
         one(R"("dtype":"F32","shape":[2e0],"data_offsets":[0,8])"),
         "whole number"},
        {"SizeAbove48Bits",
         one(R"("dtype":"F32","shape":[281474976710657],"data_offsets":[0,8])"),
         "2^48"},
        {"SizeAbove64Bits",
         one(R"("dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,8])"),
         "whole number"},
        {"ShapeOverflow",
         one(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"),
         "more elements than"},
        {"ShapeOverflowHiddenByZero",
         one(R"("dtype":"F32","shape":[1099511627776,1099511627776,0],"data_offsets":[0,0])", 0),
         "more elements than"},
        {"BytesOverflow",
         one(R"("dtype":"F64","shape":[281474976710656,32768],"data_offsets":[0,8])"),
         "more elements than"},
        {"RankSixtyFive",
         one(R"("dtype":"F32","shape":[)" + repeated("1,", 64) + R"(2],"data_offsets":[0,8])"),
         "more than 64 axes"},
        {"OneOffset", one(R"("dtype":"F32","shape":[2],"data_offsets":[8])"), "two numbers"},
        {"ThreeOffsets", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])"), "two numbers"},
        {"NegativeOffset", one(R"("dtype":"F32","shape":[2],"data_offsets":[-8,0])"), "negative"},
        {"BeginAfterEnd",
         one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"),
         "after its end"},
        {"EndBeyondData",
         one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 7),
         "ends before its tensors"},
        {"FirstNotAtZero", one(R"("dtype":"F32","shape":[2],"data_offsets":[4,12])", 12), "hole"},
        {"SizeIsNotShapeTimesDtype",
         one(R"("dtype":"F64","shape":[2],"data_offsets":[0,8])"),
         "needs 16 bytes"},
        {"TrailingBytes",
         one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 11),
         "over the limit trailing_bytes of 0"},
        {"ControlCharacterInName", safetensorsFile("{\"a\tb\":{" + good + "}}", 8), "valid JSON"},
        {"UnknownEscape", safetensorsFile("{\"\\x\":{" + good + "}}", 8), "valid JSON"},
        {"ShortEscape", safetensorsFile("{\"\\u12\":{" + good + "}}", 8), "valid JSON"},
        {"LowSurrogateFirst",
         safetensorsFile("{\"\\udc00\\ud800\":{" + good + "}}", 8),
         "valid JSON"},
        {"HighSurrogateTwice",
         safetensorsFile("{\"\\ud800\\ud800\":{" + good + "}}", 8),
         "valid JSON"},
        {"SurrogateAsUtf8", safetensorsFile("{\"\xed\xa0\x80\":{" + good + "}}", 8), "valid JSON"},
        {"BeyondUnicode",
         safetensorsFile("{\"\xf4\x90\x80\x80\":{" + good + "}}", 8),
         "valid JSON"},
        {"CutUtf8", safetensorsFile("{\"\xe2\x82\":{" + good + "}}", 8), "valid JSON"},
        {"OpenString", safetensorsFile("{\"a"), "valid JSON"},
        {"NameWithoutQuotes", safetensorsFile("{a:{" + good + "}}", 8), "valid JSON"},
        {"SingleQuotes", safetensorsFile("{'a':{" + good + "}}", 8), "valid JSON"},
        {"MissingColon", safetensorsFile("{\"a\" {" + good + "}}", 8), "valid JSON"},
        {"MissingComma",
         safetensorsFile("{\"a\":{" + good + "}\"b\":{" + next + "}}", 16),
         "valid JSON"},
        {"LeadingZero", one(R"("dtype":"F32","shape":[02],"data_offsets":[0,8])"), "valid JSON"},
        {"PlusSign", one(R"("dtype":"F32","shape":[+2],"data_offsets":[0,8])"), "does not belong"},
        {"HexNumber", one(R"("dtype":"F32","shape":[0x2],"data_offsets":[0,8])"), "valid JSON"},
        {"MinusZero", one(R"("dtype":"F32","shape":[-0],"data_offsets":[0,0])", 0), "negative"},
        {"ShapeHoldsNull",
         one(R"("dtype":"F32","shape":[null],"data_offsets":[0,8])"),
         "does not belong"},
        {"ShapeHoldsTruth",
         one(R"("dtype":"F32","shape":[true],"data_offsets":[0,8])"),
         "does not belong"},
        {"ShapeIsNull",
         one(R"("dtype":"F32","shape":null,"data_offsets":[0,8])"),
         "does not belong"},
        {"DtypeIsNull", one(R"("dtype":null,"shape":[2],"data_offsets":[0,8])"), "does not belong"},
        {"OffsetsAreAnObject",
         one(R"("dtype":"F32","shape":[2],"data_offsets":{"0":8})"),
         "does not belong"},
        {"NoOffsets", one(R"("dtype":"F32","shape":[2],"data_offsets":[])"), "two numbers"},
        {"EmptyEntry", one("", 0), "must all be there"},
        {"EntryIsAString", safetensorsFile(R"({"a":"F32"})"), "does not belong"},
        {"OnlyOpenBrace", safetensorsFile("{ "), "valid JSON"},
        {"TopIsAList", safetensorsFile("[{}]"), "known kind"},
        {"FourBitsTooFew",
         one(R"("dtype":"F4","shape":[4],"data_offsets":[0,8])"),
         "needs 2 bytes"},
        {"FourBitsHalfAByte",
         one(R"("dtype":"F4","shape":[3],"data_offsets":[0,8])"),
         "no whole bytes"},
        {"SixBitsTooFew",
         one(R"("dtype":"F6_E2M3","shape":[8],"data_offsets":[0,8])"),
         "needs 6 bytes"},
        {"SixBitsPart",
         one(R"("dtype":"F6_E3M2","shape":[1],"data_offsets":[0,8])"),
         "no whole bytes"},
        {"ComplexTooFew",
         one(R"("dtype":"C64","shape":[2],"data_offsets":[0,8])"),
         "needs 16 bytes"},
        {"ScaleTooFew",
         one(R"("dtype":"F8_E8M0","shape":[7],"data_offsets":[0,8])"),
         "needs 7 bytes"},
        {"FnuzTooFew",
         one(R"("dtype":"F8_E4M3FNUZ","shape":[9],"data_offsets":[0,8])"),
         "needs 9 bytes"},
        {"MetadataIsAString", safetensorsFile(R"({"__metadata__":"pt"})"), "does not belong"},
        {"MetadataHoldsNull", safetensorsFile(R"({"__metadata__":{"a":null}})"), "strings only"},
        {"MetadataHoldsAList", safetensorsFile(R"({"__metadata__":{"a":["1"]}})"), "strings only"},
        {"MetadataKeyWithNul", safetensorsFile("{\"__metadata__\":{\"a\\u0000\":\"1\"}}"), "NUL"},
        {"LongName",
         safetensorsFile("{\"" + std::string(4097, 'n') + "\":{" + good + "}}", 8),
         "limit name_bytes of 4096"},
        {"MuchMetadata",
         safetensorsFile("{\"__metadata__\":{\"a\":\"" + std::string((16U << 20) + 1, 'm') +
                         "\"}}"),
         "limit metadata_bytes of"},
        {"Hole",
         safetensorsFile(
             R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})",
             5),
         "hole"},
        {"Overlap",
         safetensorsFile(
             R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
             3),
         "overlap"},
        {"SameBytesTwice",
         safetensorsFile(
             R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
             2),
         "overlap"},
        {"MetadataIsAList", safetensorsFile(R"({"__metadata__":[]})"), "does not belong"},
        {"MetadataHoldsANumber", safetensorsFile(R"({"__metadata__":{"a":1}})"), "strings only"},
        {"MetadataNested", safetensorsFile(R"({"__metadata__":{"a":{}}})"), "strings only"},
        {"MetadataTwice",
         safetensorsFile(R"({"__metadata__":{},"__metadata__":{}})"),
         "comes twice"},
        {"MetadataKeyTwice",
         safetensorsFile(R"({"__metadata__":{"a":"1","a":"2"}})"),
         "twice in __metadata__"},
        {"DeepNesting",
         safetensorsFile("{\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}"),
         "does not belong"},
        {"DeepObjects",
         safetensorsFile("{" + repeated("\"a\":{", 50'000) + std::string(50'001, '}')),
         "not part of the format"},
        {"ElevenBytes", "\x03\0\0\0\0\0\0\0{} "s.substr(0, 10), "only 2 after"},
    };
    return rows;
}

class HostileSafetensors : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileSafetensors, IsRefusedWithTheRuleItBreaks) {
    const Broken& broken = brokenFiles()[GetParam()];
    const auto opened = openText(broken.bytes);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find(broken.words), std::string::npos)
        << opened.error().message();
    EXPECT_EQ(opened.error().where, "<memory>");
    EXPECT_FALSE(opened.error().text.empty());
}

/// The same file, with a space behind each colon and comma of its header; empty where there is no
/// header to change.
std::string spacedOut(const std::string& file) {
    if (file.size() < 8)
        return {};
    const auto length = loadNumber<std::uint64_t>(reinterpret_cast<const std::byte*>(file.data()));
    if (length > file.size() - 8)
        return {};
    std::string header;
    bool isInside = false;
    for (const char c : file.substr(8, length)) {
        const bool isEscaped = !header.empty() && header.back() == '\\';
        isInside ^= c == '"' && !isEscaped;
        header += c;
        if (!isInside && (c == ':' || c == ','))
            header += ' ';
    }
    return number(header.size(), 8) + header + file.substr(8 + length);
}

// The usual spelling has a way of its own through the parser.
TEST_P(HostileSafetensors, IsRefusedInAnotherSpellingToo) {
    const Broken& broken = brokenFiles()[GetParam()];
    const std::string spaced = spacedOut(broken.bytes);
    if (spaced.empty())
        return; // no header is there to be spelt
    const auto opened = openText(spaced);
    ASSERT_FALSE(opened);
    if (opened.error().text.find("byte") == std::string::npos) {
        EXPECT_NE(opened.error().text.find(broken.words), std::string::npos)
            << opened.error().message();
    }
}

TEST(Safetensors, ReadsTheSameInTheUsualAndInAnotherSpelling) {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        std::string header = "{";
        std::uint64_t end = 0;
        for (std::uint64_t i = random.below(6); i > 0; --i) {
            constexpr const char* types[] = {"F32", "BF16", "BOOL", "F64", "F8_E4M3", "C64", "X"};
            const std::size_t type = random.below(std::size(types));
            constexpr std::uint64_t sizes[] = {4, 2, 1, 8, 1, 8, 1};
            std::uint64_t bytes = sizes[type];
            std::string shape;
            for (std::uint64_t axes = random.below(4); axes > 0; --axes) {
                const auto size = random.below(12);
                bytes *= size;
                shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
            }
            header += fmt::format(R"({}"t{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                  header.size() == 1 ? "" : ",",
                                  i,
                                  types[type],
                                  shape,
                                  end,
                                  end + bytes);
            end += bytes;
        }
        const std::string usual = safetensorsFile(header + "}", end);
        const auto one = openText(usual);
        const auto other = openText(spacedOut(usual));
        ASSERT_TRUE(one && other) << header;
        EXPECT_TRUE((*one)->tensors() == (*other)->tensors()) << header;
        EXPECT_EQ((*one)->notes(), (*other)->notes());
        const auto values = (*one)->readAll(), others = (*other)->readAll();
        ASSERT_TRUE(values && others);
        EXPECT_TRUE(values->entries() == others->entries());
    }
}

INSTANTIATE_TEST_SUITE_P(Files,
                         HostileSafetensors,
                         testing::Range(std::size_t{0}, brokenFiles().size()),
                         [](const auto& row) {
                             return std::string(brokenFiles()[row.param].name);
                         });

TEST(Safetensors, RefusesAByteOrderMark) {
    EXPECT_FALSE(openText(safetensorsFile("\xef\xbb\xbf{}")));
}

TEST(Safetensors, AcceptsWhatTheFormatAllows) {
    const struct {
        const char* name;
        std::string bytes;
        std::size_t tensors;
    } rows[] = {
        {"leading and trailing white space", safetensorsFile(" \n\t{} \r\n"), 0},
        {"metadata that is null, as MLX writes", safetensorsFile(R"({"__metadata__":null})"), 0},
        {"empty name",
         safetensorsFile(R"({"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1),
         1},
        {"scalar", one(R"("dtype":"F64","shape":[],"data_offsets":[0,8])"), 1},
        {"zero-size tensors that share a place",
         safetensorsFile(
             R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}})"),
         2},
        {"unaligned tensors",
         safetensorsFile(
             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
             5),
         2},
        {"data in another order than the header",
         safetensorsFile(
             R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
             2),
         2},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        const auto opened = openText(row.bytes);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->tensors().size(), row.tensors);
        EXPECT_TRUE((*opened)->readAll());
    }
}

TEST(Safetensors, ReadsEveryTypeOfTheSpecification) {
    const struct {
        DType dtype;
        const char* name;
        std::size_t size;
    } types[] = {{DType::F64, "F64", 8},
                 {DType::F32, "F32", 4},
                 {DType::F16, "F16", 2},
                 {DType::BF16, "BF16", 2},
                 {DType::F8E4M3, "F8_E4M3", 1},
                 {DType::F8E5M2, "F8_E5M2", 1},
                 {DType::I64, "I64", 8},
                 {DType::I32, "I32", 4},
                 {DType::I16, "I16", 2},
                 {DType::I8, "I8", 1},
                 {DType::U64, "U64", 8},
                 {DType::U32, "U32", 4},
                 {DType::U16, "U16", 2},
                 {DType::U8, "U8", 1},
                 {DType::Bool, "BOOL", 1}};
    for (const auto& [dtype, name, size] : types) {
        SCOPED_TRACE(name);
        const auto opened = openText(safetensorsFile(
            fmt::format(
                R"({{"a":{{"dtype":"{}","shape":[3],"data_offsets":[0,{}]}}}})", name, 3 * size),
            3 * size));
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->tensors()[0].dtype, dtype);
        EXPECT_EQ((*opened)->read("a")->bytes, std::vector(3 * size, std::byte{'d'}));
    }
}

TEST(Safetensors, ListsTheOtherTypesOfTheSpecificationWithoutReadingThem) {
    const std::map<std::string, int> bits = {{"F4", 4},
                                             {"F6_E2M3", 6},
                                             {"F6_E3M2", 6},
                                             {"F8_E8M0", 8},
                                             {"F8_E4M3FNUZ", 8},
                                             {"F8_E5M2FNUZ", 8},
                                             {"C64", 64},
                                             {"I2_OF_TOMORROW", 2}};
    for (const auto& [name, size] : bits) {
        SCOPED_TRACE(name);
        const auto opened = openText(safetensorsFile(
            fmt::format(
                R"({{"a":{{"dtype":"{}","shape":[2,4],"data_offsets":[0,{}]}}}})", name, size),
            static_cast<std::size_t>(size)));
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->tensors()[0], (TensorInfo{"a", DType::Unsupported, {2, 4}}));
        EXPECT_FALSE((*opened)->read("a"));
        EXPECT_EQ((*opened)->notes()[0], "1 tensor of type " + name + " not supported");
    }
}

TEST(Safetensors, PassesOverTrailingBytesWhenTold) {
    const auto bytes = one(R"("dtype":"U8","shape":[8],"data_offsets":[0,8])", 11);
    const auto refused = openText(bytes);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().advice.find("--limit trailing_bytes=3"), std::string::npos)
        << refused.error().message();
    OpenOptions options;
    ASSERT_TRUE(options.limits.set("trailing_bytes=3"));
    const auto view = std::as_bytes(std::span(bytes));
    const auto opened = openCheckpointBytes(memorySource({view.begin(), view.end()}), {}, options);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->notes(),
              (std::vector<std::string>{"3 bytes behind the last tensor passed over"}));
    EXPECT_EQ((*opened)->read("a")->bytes.size(), 8U);
}

TEST(Safetensors, HoldsToTheLimitsThatWereSet) {
    const std::string two =
        R"({"aa":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"bb":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"__metadata__":{"k":"vv"}})";
    for (const std::string_view limit :
         {"tensors=1", "name_bytes=1", "metadata_bytes=2", "header_bytes=100"}) {
        SCOPED_TRACE(limit);
        OpenOptions options;
        ASSERT_TRUE(options.limits.set(limit));
        const auto bytes = safetensorsFile(two, 2);
        const auto view = std::as_bytes(std::span(bytes));
        const auto opened =
            openCheckpointBytes(memorySource({view.begin(), view.end()}), {}, options);
        ASSERT_FALSE(opened);
        const auto name = limit.substr(0, limit.find('='));
        EXPECT_NE(opened.error().text.find("limit " + std::string(name)), std::string::npos)
            << opened.error().message();
        EXPECT_NE(opened.error().advice.find("--limit " + std::string(name)), std::string::npos);
        ASSERT_TRUE(openText(bytes));
    }
}

TEST(Safetensors, ReadsNamesThroughEveryEscape) {
    const auto opened = openText(safetensorsFile(
        "{\"\\u00e9\\u20ac\\ud83d\\ude00\\\"\\\\\\/"
        "\\b\\f\\n\\r\\t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        1));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors()[0].name, "\u00e9\u20ac\U0001f600\"\\/\b\f\n\r\t");
}

TEST(Safetensors, ListsUnknownTypesAsUnsupported) {
    const auto opened = openText(safetensorsFile(
        R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"c":{"dtype":"C64","shape":[1],"data_offsets":[2,10]}})",
        10));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->find("a")->dtype, DType::Unsupported);
    EXPECT_EQ((*opened)->find("a")->shape, Shape{4});
    EXPECT_FALSE((*opened)->read("a"));
    EXPECT_EQ((*opened)->notes(),
              (std::vector<std::string>{"1 tensor of type C64 not supported",
                                        "1 tensor of type F4 not supported"}));
    EXPECT_EQ((*opened)->readAll()->size(), 0U);
}

TEST(Safetensors, ListsAHundredThousandTensors) {
    std::string header = "{";
    for (int i = 0; i < 100'000; ++i)
        header += fmt::format(
            R"({}"layer.{}.weight":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})",
            i == 0 ? "" : ",",
            i,
            i,
            i + 1);
    const auto opened = openText(safetensorsFile(header + "}", 100'000));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors().size(), 100'000U);
    EXPECT_NE((*opened)->find("layer.99999.weight"), nullptr);
}

TEST(Safetensors, KeepsNamesOutOfErrorsThatATerminalWouldObey) {
    const auto opened = openText(safetensorsFile(
        "{\"\\u001b[31m\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,9]}}", 1));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().message().find('\x1b'), std::string::npos);
}

} // namespace
} // namespace heirloom
