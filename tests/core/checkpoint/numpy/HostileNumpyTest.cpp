// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Crc32.h"
#include "core/checkpoint/OpenCheckpoint.h"
#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

#include <zlib.h>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::number;
using test::openText;

/// Magic, version, length, dictionary, data.
std::string npy(std::string_view dictionary, std::size_t dataSize, int version = 1) {
    return "\x93NUMPY"s + static_cast<char>(version) + '\0' +
           number(dictionary.size(), version == 1 ? 2 : 4) + std::string(dictionary) +
           std::string(dataSize, 'd');
}

std::string plain(std::string_view shape, std::size_t dataSize, std::string_view type = "<f4") {
    return npy(
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n", type, shape),
        dataSize);
}

std::string deflated(std::string_view text) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 1000, '\0');
    std::string in(text);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// A compressed record; the lies are added to what the headers say.
test::ZipRecord compressed(const std::string& name,
                           const std::string& text,
                           std::int64_t sizeLie = 0,
                           std::uint32_t crcLie = 0) {
    test::ZipRecord record{.name = name, .data = deflated(text), .method = 8};
    record.unpackedLie = static_cast<std::int64_t>(text.size()) -
                         static_cast<std::int64_t>(record.data.size()) + sizeLie;
    record.crcLie = crc32(std::as_bytes(std::span(record.data))) ^
                    crc32(std::as_bytes(std::span(text))) ^ crcLie;
    return record;
}

struct Broken {
    const char* name; ///< what is broken
    std::string bytes;
    const char* words; ///< part of the refusal, at opening or at reading
};

const std::vector<Broken>& brokenFiles() {
    static const std::string good = plain("(2,)", 8);
    static const std::vector<Broken> rows = {
        {"MagicAlone", "\x93NUMPY"s, "cut off"},
        {"LengthCut", "\x93NUMPY\x01\0\x10"s, "cut off"},
        {"VersionZero", "\x93NUMPY\0\0\x02\0{}"s, "version 0 is not known"},
        {"VersionFour", npy("{}", 0, 4), "version 4 is not known"},
        {"LengthBeyondFile", "\x93NUMPY\x01\0\xff\xff{}"s, "is said to have 65535 bytes"},
        {"LengthOf4Gigabytes", "\x93NUMPY\x02\0\xff\xff\xff\xff{}"s, "is said to have 4294967295"},
        {"HeaderTooLong", npy(std::string(70'000, ' '), 0, 2), "at most 65535 are read"},
        {"NoDictionary", npy("[]", 0), "no dictionary"},
        {"EmptyHeader", npy("", 0), "no dictionary"},
        {"EmptyDictionary", npy("{}", 0), "must all be there"},
        {"ShapeMissing", npy("{'descr': '<f4', 'fortran_order': False}", 0), "must all be there"},
        {"DescrTwice", npy("{'descr': '<f4', 'descr': '<f4'}", 0), "comes twice"},
        {"UnknownKey", npy("{'descr': '<f4', 'order': 1}", 0), "is not part of it"},
        {"DictionaryOpen", npy("{'descr': '<f4'", 0), "not as NumPy writes it"},
        {"StringOpen", npy("{'descr: <f4}", 0), "not as NumPy writes it"},
        {"Escape", npy("{'des\\x63r': '<f4'}", 0), "not as NumPy writes it"},
        {"Call",
         npy("{'descr': exec('1'), 'fortran_order': False, 'shape': ()}", 0),
         "not as NumPy writes it"},
        {"Expression", plain("(1+1,)", 8), "not as NumPy writes it"},
        {"Comprehension", plain("[i for i in (2,)]", 8), "not as NumPy writes it"},
        {"NegativeSize", plain("(-2,)", 8), "whole number up to 2^48"},
        {"FractionalSize", plain("(2.0,)", 8), "not as NumPy writes it"},
        {"HugeSize", plain("(281474976710657,)", 8), "whole number up to 2^48"},
        {"EndlessSize", plain("(" + std::string(300, '9') + ",)", 8), "whole number up to 2^48"},
        {"ShapeOverflow", plain("(4294967296, 4294967296)", 8), "more elements than"},
        {"ShapeOverflowHiddenByZero",
         plain("(281474976710656, 281474976710656, 0)", 0),
         "more elements than"},
        {"BytesOverflow", plain("(281474976710656, 32767)", 8), "ends before its elements"},
        {"RankSixtyFive",
         plain(
             "(" +
                 [] {
                     std::string s;
                     for (int i = 0; i < 65; ++i)
                         s += "1,";
                     return s;
                 }() +
                 ")",
             4),
         "more than 64 axes"},
        {"ShapeOpen", plain("(2,", 8), "whole number up to 2^48"},
        {"DataCut", plain("(3,)", 8), "needs 12 bytes"},
        {"TrailingBytes", plain("(1,)", 8), "limit trailing_bytes of 0"},
        {"TypeEmpty", plain("(2,)", 8, ""), "type has no name"},
        {"TypeVeryLong", plain("(2,)", 8, std::string(100, 'f')), "type has no name"},
        {"TruthIsANumber",
         npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", 8),
         "not as NumPy writes it"},
        {"DeepRecord",
         npy("{'descr': " + std::string(50'000, '[') + std::string(10'000, ']') + "}", 0),
         "not as NumPy writes it"},
        {"RecordBracketsCrossed",
         npy("{'descr': [(']), 'fortran_order': False, 'shape': ()}", 0),
         "not as NumPy writes it"},
        {"TwoDictionaries",
         npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}{}", 8),
         "more follows"},
        {"NulInHeader",
         npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\0"s, 8),
         "more follows"},

        {"NpzMemberIsNoArray",
         test::zipFile({{"a.npy", "text that is no array"}}),
         "does not begin as an array"},
        {"NpzMemberEmpty", test::zipFile({{"a.npy", ""}}), "cut off"},
        {"NpzMemberCut",
         test::zipFile({{"a.npy", good.substr(0, 70)}}),
         "ends before its elements"},
        {"NpzMemberTwice",
         test::zipFile({{"a.npy", good}, {"a.npy", good}}),
         "two records are named"},
        {"NpzMemberOutside", test::zipFile({{"../a.npy", good}}), "dangerous name"},
        {"NpzMemberAbsolute", test::zipFile({{"/a.npy", good}}), "dangerous name"},
        {"NpzMemberNotUtf8", test::zipFile({{"a\xff.npy", good}}), "not UTF-8"},
        {"NpzEncrypted", test::zipFile({{.name = "a.npy", .data = good, .flags = 1}}), "encrypted"},
        {"NpzCut", test::zipFile({{"a.npy", good}}).substr(0, 100), "no zip directory"},
        {"NpzUnknownMethod",
         test::zipFile({{.name = "a.npy", .data = good, .method = 12}}),
         "compressed by method 12"},
        {"NpzBombBeyondDeflate",
         test::zipFile({compressed("a.npy", good, 1 << 30)}),
         "cannot unpack to"},
        {"NpzBombOverTheLimit",
         test::zipFile({compressed("a.npy",
                                   plain("(524288000,)", 0) + std::string(2'000'000, '\0'),
                                   (std::int64_t{1} << 30) + 5)}),
         "cannot unpack to"},
        {"NpzUnpacksToLess", test::zipFile({compressed("a.npy", good, 4)}), "limit trailing_bytes"},
        {"NpzUnpacksToMore",
         test::zipFile({compressed("a.npy", plain("(2,)", 9), -1)}),
         "unpacks to more than"},
        {"NpzWrongChecksum", test::zipFile({compressed("a.npy", good, 0, 1)}), "checksum"},
        {"NpzNoDeflate",
         test::zipFile({{.name = "a.npy", .data = std::string(60, '\xff'), .method = 8}}),
         "is broken"},
        {"NpzDeflateCut",
         test::zipFile({[] {
             auto record = compressed("a.npy", plain("(2,)", 8));
             record.unpackedLie += 6;
             record.data.resize(record.data.size() - 6);
             return record;
         }()}),
         "ends early"},
    };
    return rows;
}

class HostileNumpy : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileNumpy, IsRefusedWithTheRuleItBreaks) {
    const Broken& broken = brokenFiles()[GetParam()];
    const auto opened = openText(broken.bytes);
    const auto read = opened ? (*opened)->readAll() : Result<StateDict>();
    ASSERT_FALSE(opened && read);
    const Error error = opened ? read.error() : opened.error();
    EXPECT_NE(error.text.find(broken.words), std::string::npos) << error.message();
    EXPECT_NE(error.where.find("<memory>"), std::string::npos) << error.where;
}

INSTANTIATE_TEST_SUITE_P(Files,
                         HostileNumpy,
                         testing::Range(std::size_t{0}, brokenFiles().size()),
                         [](const auto& row) {
                             return std::string(brokenFiles()[row.param].name);
                         });

TEST(Npz, RefusesToUnpackMoreThanTheLimit) {
    const auto bytes = test::zipFile(
        {compressed("a.npy", plain("(2,)", 8)), compressed("b.npy", plain("(2,)", 8))});
    OpenOptions options;
    ASSERT_TRUE(options.limits.set("unpacked_bytes=100"));
    const auto view = std::as_bytes(std::span(bytes));
    const auto opened = openCheckpointBytes(memorySource({view.begin(), view.end()}), {}, options);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find("limit unpacked_bytes of 100"), std::string::npos)
        << opened.error().message();
    EXPECT_TRUE(openText(bytes));
}

TEST(Npz, ReadsCompressedRowsInAnyOrder) {
    constexpr std::int64_t rows = 3000, columns = 1000; // 12 MB: several places to go back to
    std::string data;
    std::uint32_t next = 1;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        next = next * 1664525 + 1013904223;
        data += number(next >> 20, 4);
    }
    const auto array = plain(fmt::format("({}, {})", rows, columns), 0) + data;
    const auto opened = openText(test::zipFile({compressed("w.npy", array)}));
    ASSERT_TRUE(opened) << opened.error().message();
    const TensorInfo& tensor = (*opened)->tensors()[0];
    EXPECT_EQ(tensor.name, "w");
    std::vector<std::byte> row(4 * columns);
    for (const std::int64_t at : {std::int64_t{2999},
                                  std::int64_t{0},
                                  std::int64_t{1500},
                                  std::int64_t{1499},
                                  std::int64_t{2},
                                  std::int64_t{2998}}) {
        ASSERT_TRUE((*opened)->readRows(tensor, at, 1, row));
        EXPECT_EQ(std::memcmp(row.data(), data.data() + at * 4 * columns, row.size()), 0) << at;
    }
    const auto whole = (*opened)->read(tensor);
    ASSERT_TRUE(whole);
    EXPECT_EQ(std::memcmp(whole->bytes.data(), data.data(), data.size()), 0);
}

TEST(Npy, TakesTheNameOfItsFile) {
    const auto bytes = plain("(2,)", 8);
    const auto view = std::as_bytes(std::span(bytes));
    const auto opened =
        openCheckpointBytes(memorySource({view.begin(), view.end()}), "/x/embedding.npy");
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->tensors()[0].name, "embedding");
    EXPECT_EQ((*openText(bytes))->tensors()[0].name, "array");
}

} // namespace
} // namespace heirloom
