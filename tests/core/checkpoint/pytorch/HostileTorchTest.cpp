// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/Broken.h"
#include "tests/core/checkpoint/FileBuilder.h"

#include <gtest/gtest.h>

#include <functional>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::Broken;
using test::dictPickle;
using test::expectRefused;
using test::integer;
using test::legacyFile;
using test::legacyHead;
using test::number;
using test::openText;
using test::shortText;
using test::TensorPickle;
using test::torchZip;
using test::zipFile;
using test::ZipLies;
using test::ZipRecord;

std::vector<ZipRecord> goodRecords() {
    return {{"archive/data.pkl", dictPickle(TensorPickle().text())},
            {"archive/data/0", std::string(24, 'f')}};
}

std::string changedZip(const std::function<void(std::vector<ZipRecord>&)>& change,
                       const ZipLies& lies = {}) {
    auto records = goodRecords();
    change(records);
    return zipFile(records, lies);
}

std::string changedTensor(const std::function<void(TensorPickle&)>& change) {
    TensorPickle tensor;
    change(tensor);
    return torchZip(dictPickle(tensor.text()));
}

std::string zip64Locator(std::uint64_t offset) {
    const std::string good = zipFile(goodRecords());
    const std::string end = good.substr(good.size() - 22);
    return good.substr(0, good.size() - 22) + "PK\x06\x07" + number(0, 4) + number(offset, 8) +
           number(1, 4) + end;
}

const std::vector<Broken>& brokenZips() {
    static const auto unchanged = [](std::vector<ZipRecord>&) {};
    static const std::vector<Broken> rows = {
        {"NoEndRecord", changedZip(unchanged, {0, 0, {}, false}), "no zip directory"},
        {"TwoEndRecords",
         changedZip(unchanged, {0, 0, "PK\x05\x06" + number(0, 16) + number(0, 2), true}),
         "two zip end records"},
        {"BytesAfterTheEnd", changedZip(unchanged) + "x", "no zip directory"},
        {"OneEntryTooMany", changedZip(unchanged, {1, 0, {}, true}), "cannot hold 3"},
        {"OneEntryTooFew", changedZip(unchanged, {-1, 0, {}, true}), "announces 1"},
        {"ManyEntries", changedZip(unchanged, {60000, 0, {}, true}), "cannot hold"},
        {"DirectoryBeforeItsPlace", changedZip(unchanged, {0, -4, {}, true}), "does not end where"},
        {"DirectoryBehindItsPlace", changedZip(unchanged, {0, 4, {}, true}), "does not end where"},
        {"Zip64RecordMissing",
         changedZip(unchanged, {0xffff - 2, 0, {}, true}),
         "zip64 record that is not there"},
        {"Zip64RecordBeyondTheFile", zip64Locator(std::uint64_t{1} << 62), "no place for it"},
        {"Zip64RecordIsSomethingElse", zip64Locator(0), "no zip64 end record"},
        {"LocalNameDiffers",
         changedZip([](auto& r) { r[1].localName = "archive/data/1"; }),
         "calls itself"},
        {"SizeDiffersFromLocal",
         changedZip([](auto& r) { r[1].sizeLie = -4; }),
         "different things"},
        {"SizeBeyondTheFile",
         changedZip([](auto& r) { r[1].sizeLie = 1 << 30; }),
         "reaches beyond"},
        {"CrcDiffersFromLocal",
         changedZip([](auto& r) { r[1].localCrcLie = 1; }),
         "different things"},
        {"PickleCrcWrong", changedZip([](auto& r) { r[0].crcLie = 1; }), "checksum"},
        {"StoredButUnpacksToMore",
         changedZip([](auto& r) { r[1].unpackedLie = 1000; }),
         "said to unpack"},
        {"CompressedPickle", changedZip([](auto& r) { r[0].method = 8; }), "compressed"},
        {"CompressedData", changedZip([](auto& r) { r[1].method = 8; }), "compressed"},
        {"Encrypted", changedZip([](auto& r) { r[1].flags = 1; }), "encrypted"},
        {"OffsetIntoAnotherRecord",
         changedZip([](auto& r) { r[1].offsetLie = 3; }),
         "no record at byte"},
        {"OffsetBeyondTheDirectory",
         changedZip([](auto& r) { r[1].offsetLie = 1 << 20; }),
         "no place for it"},
        {"DoubleName", changedZip([](auto& r) { r.push_back(r[1]); }), "two records"},
        {"ParentFolderInName",
         changedZip([](auto& r) { r.push_back({"archive/../x", ""}); }),
         "dangerous name"},
        {"AbsoluteName",
         changedZip([](auto& r) { r.push_back({"/etc/passwd", ""}); }),
         "dangerous name"},
        {"BackslashInName",
         changedZip([](auto& r) { r.push_back({"archive\\x", ""}); }),
         "dangerous name"},
        {"NulInName", changedZip([](auto& r) { r.push_back({"a\0b"s, ""}); }), "dangerous name"},
        {"NoPickle", changedZip([](auto& r) { r[0].name = "archive/other.pkl"; }), "no data.pkl"},
        {"TwoPickles",
         changedZip([](auto& r) { r.push_back({"other/data.pkl", "N."}); }),
         "two pickles"},
        {"NumpyArchive", zipFile({{"w.npy", "\x93NUMPY"}}), "NumPy header"},
        {"UnknownByteOrder",
         changedZip([](auto& r) { r.push_back({"archive/byteorder", "middle"}); }),
         "byte order"},
        {"EmptyArchive", zipFile({}), "no data.pkl"},
        {"PickleCut", torchZip("\x80\x02}(X"), "ends inside the pickle"},
        {"RecordsOverlap",
         changedZip([](auto& r) {
             // The second record pretends to be the first one's data.
             const std::string inner = zipFile({{"archive/data/1", "ffff"}}, {0, 0, {}, false});
             r[1].data = inner.substr(0, 48);
             r.push_back({"archive/data/1", "ffff"});
             r[2].offsetLie = -static_cast<std::int64_t>(r[1].data.size());
         }),
         "overlap"},
    };
    return rows;
}

const std::vector<Broken>& brokenTensors() {
    static const std::vector<Broken> rows = {
        {"StorageMissing",
         changedTensor([](auto& t) {
             t.key = "U\x01"
                     "7";
         }),
         "no record 'data/7'"},
        {"StorageKeyWithParentFolder",
         changedTensor([](auto& t) { t.key = shortText("../version"); }),
         "no record"},
        {"StorageKeyIsNone", changedTensor([](auto& t) { t.key = "N"; }), "not what torch writes"},
        {"StorageTypeIsText",
         changedTensor([](auto& t) { t.storageType = shortText("FloatStorage"); }),
         "not what torch writes"},
        {"StorageTypeUnknown",
         changedTensor([](auto& t) { t.storageType = "ctorch\nFancyStorage\n"; }),
         "unknown type"},
        {"StorageTypeNotTorch",
         changedTensor([](auto& t) { t.storageType = "cos\nsystem\n"; }),
         "not what torch writes"},
        {"CountTooSmall",
         changedTensor([](auto& t) { t.count = "K\x05"; }),
         "5 elements of 4 bytes"},
        {"CountTooLarge",
         changedTensor([](auto& t) { t.count = "K\x07"; }),
         "7 elements of 4 bytes"},
        {"CountNegative",
         changedTensor([](auto& t) { t.count = integer(-6); }),
         "not what torch writes"},
        {"CountHuge",
         changedTensor([](auto& t) { t.count = integer(INT64_MAX); }),
         "larger than any file"},
        {"CountIsText",
         changedTensor([](auto& t) { t.count = shortText("6"); }),
         "not what torch writes"},
        {"TypeWiderThanItsRecord",
         changedTensor([](auto& t) { t.storageType = "ctorch\nDoubleStorage\n"; }),
         "6 elements of 8 bytes"},
        {"OffsetNegative",
         changedTensor([](auto& t) { t.offset = integer(-1); }),
         "offset -1 is negative"},
        {"OffsetPastEnd",
         changedTensor([](auto& t) { t.offset = "K\x01"; }),
         "last element is number 6"},
        {"OffsetHuge",
         changedTensor([](auto& t) { t.offset = integer(INT64_MAX); }),
         "reaches beyond"},
        {"OffsetIsText",
         changedTensor([](auto& t) { t.offset = shortText("0"); }),
         "not what torch writes"},
        {"ShapeBeyondStorage",
         changedTensor([](auto& t) { t.shape = "K\x03K\x03\x86"; }),
         "last element is number 8"},
        {"ShapeNegative",
         changedTensor([](auto& t) { t.shape = integer(-2) + "K\x03\x86"; }),
         "negative size"},
        {"ShapeOverflow",
         changedTensor([](auto& t) {
             t.shape = integer(std::int64_t{1} << 40) + integer(std::int64_t{1} << 40) + "\x86";
         }),
         "more elements than"},
        {"ShapeIsANumber",
         changedTensor([](auto& t) { t.shape = "K\x06"; }),
         "not what torch writes"},
        {"ShapeHoldsText",
         changedTensor([](auto& t) { t.shape = shortText("a") + "K\x03\x86"; }),
         "not what torch writes"},
        {"StrideNegative",
         changedTensor([](auto& t) { t.strides = integer(-3) + "K\x01\x86"; }),
         "stride -3"},
        {"StrideHuge",
         changedTensor(
             [](auto& t) { t.strides = integer(INT64_MAX) + integer(INT64_MAX) + "\x86"; }),
         "reaches beyond"},
        {"StridePastEnd",
         changedTensor([](auto& t) { t.strides = "K\x04K\x01\x86"; }),
         "last element is number 6"},
        {"StridesTooFew",
         changedTensor([](auto& t) { t.strides = "K\x01\x85"; }),
         "2 axes but 1 strides"},
        {"StridesTooMany",
         changedTensor([](auto& t) { t.strides = "K\x03K\x01K\x01\x87"; }),
         "2 axes but 3 strides"},
        {"NoArguments",
         torchZip(dictPickle("ctorch._utils\n_rebuild_tensor_v2\n)R")),
         "not what torch writes"},
        {"StorageIsNoPersistentId",
         torchZip(dictPickle("ctorch._utils\n_rebuild_tensor_v2\n(NK\x01K\x01\x85K\x01\x85tR")),
         "not what torch writes"},
        {"PersistentIdIsText",
         torchZip(dictPickle("ctorch._utils\n_rebuild_tensor_v2\n(" + shortText("storage") +
                             "QK\x01K\x01\x85K\x01\x85tR")),
         "not what torch writes"},
        {"PersistentTupleEmpty",
         torchZip(dictPickle("ctorch._utils\n_rebuild_tensor_v2\n()QK\x01K\x01\x85K\x01\x85tR")),
         "not what torch writes"},
        {"NameIsNotUtf8",
         torchZip("\x80\x02}" + shortText("w\xff") + TensorPickle().text() + "s."),
         "UTF-8"},
        {"NameHoldsNul",
         torchZip("\x80\x02}" + shortText("w\0x"s) + TensorPickle().text() + "s."),
         "UTF-8"},
        {"NameTooLong",
         torchZip("\x80\x02}" + shortText(std::string(5000, 'w')) + TensorPickle().text() + "s."),
         "over the limit name_bytes"},
        {"ObjectAtTheRoot",
         torchZip("\x80\x02"
                  "c__main__\nNet\n)R."),
         "Python object"},
        {"TextAtTheRoot", torchZip("\x80\x02" + shortText("hello") + "."), "Python object"},
    };
    return rows;
}

const std::vector<Broken>& brokenLegacy() {
    static const std::string good = dictPickle(TensorPickle().text());
    static const std::vector<Broken> rows = {
        {"WrongMagic", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x18.", "plain pickle"},
        {"MagicOnly", legacyHead().substr(0, 15), "ends inside"},
        {"WrongProtocol",
         "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xea\x03." +
             legacyHead().substr(21) + good + "\x80\x02].",
         "protocol than 1001"},
        {"BigEndian",
         "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}" +
             shortText("little_endian") + "\x89s." + good,
         "big-endian"},
        {"NoSystem",
         legacyHead().substr(0, 21) + "\x80\x02N." + good,
         "describe the writing machine"},
        {"KeysAreNoList", legacyHead() + good + "\x80\x02N.", "list the storages"},
        {"KeyUnknown",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "9a.",
         "belongs to no tensor"},
        {"KeyTwice",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "0aU\x01"
             "0a." +
             number(6, 8) + std::string(24, 'f') + number(6, 8) + std::string(24, 'f'),
         "comes twice"},
        {"KeyMissing", legacyHead() + good + "\x80\x02].", "no storage 0"},
        {"CountDiffers",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "0a." +
             number(7, 8) + std::string(28, 'f'),
         "7 elements"},
        {"CountNegative",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "0a." +
             number(~std::uint64_t{0}, 8) + std::string(28, 'f'),
         "-1 elements"},
        {"StorageCut",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "0a." +
             number(6, 8) + std::string(23, 'f'),
         "ends before its tensors"},
        {"CountCut",
         legacyHead() + good +
             "\x80\x02]U\x01"
             "0a." +
             number(6, 7),
         "before the storage"},
        {"ViewOutside",
         [] {
             TensorPickle tensor;
             tensor.view = "(U\x01vK\x05K\x06t";
             return legacyFile(dictPickle(tensor.text()));
         }(),
         "lies outside"},
        {"TwoDescriptionsOfOneStorage",
         [] {
             TensorPickle other;
             other.storageType = "ctorch\nHalfStorage\n";
             return legacyFile("\x80\x02}" + shortText("w") + TensorPickle().text() + "s" +
                               shortText("v") + other.text() + "s.");
         }(),
         "two ways"},
    };
    return rows;
}

class HostileZip : public testing::TestWithParam<std::size_t> {};
class HostileTensor : public testing::TestWithParam<std::size_t> {};
class HostileLegacy : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileZip, IsRefusedWithTheRuleItBreaks) { expectRefused(brokenZips()[GetParam()]); }
TEST_P(HostileTensor, IsRefusedWithTheRuleItBreaks) { expectRefused(brokenTensors()[GetParam()]); }
TEST_P(HostileLegacy, IsRefusedWithTheRuleItBreaks) { expectRefused(brokenLegacy()[GetParam()]); }

INSTANTIATE_TEST_SUITE_P(Files,
                         HostileZip,
                         testing::Range(std::size_t{0}, brokenZips().size()),
                         [](const auto& row) { return std::string(brokenZips()[row.param].name); });
INSTANTIATE_TEST_SUITE_P(Files,
                         HostileTensor,
                         testing::Range(std::size_t{0}, brokenTensors().size()),
                         [](const auto& row) {
                             return std::string(brokenTensors()[row.param].name);
                         });
INSTANTIATE_TEST_SUITE_P(Files,
                         HostileLegacy,
                         testing::Range(std::size_t{0}, brokenLegacy().size()),
                         [](const auto& row) {
                             return std::string(brokenLegacy()[row.param].name);
                         });

TEST(TorchFiles, TheUnbrokenOnesOpen) {
    // What the tables above break, whole: else they would prove nothing.
    for (const std::string& bytes : {torchZip(dictPickle(TensorPickle().text())),
                                     zipFile(goodRecords()),
                                     legacyFile(dictPickle(TensorPickle().text()))}) {
        const auto opened = openText(bytes);
        ASSERT_TRUE(opened) << opened.error().message();
        ASSERT_EQ((*opened)->tensors().size(), 1U);
        EXPECT_EQ((*opened)->tensors()[0], (TensorInfo{"w", DType::F32, {2, 3}}));
        EXPECT_TRUE((*opened)->read("w"));
    }
}

TEST(TorchFiles, KeepUnknownObjectsAsideUnread) {
    const auto opened = openText(torchZip("\x80\x02}(" + shortText("evil") + "cos\nsystem\n(" +
                                          shortText("touch /tmp/heirloom-was-here") + "tR" +
                                          shortText("w") + TensorPickle().text() + "u."));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors().size(), 1U);
    EXPECT_FALSE(std::filesystem::exists("/tmp/heirloom-was-here"));
}

TEST(TorchFiles, DoNotUnfoldAStrideOfZeroWithoutEnd) {
    const auto opened = openText(changedTensor([](auto& t) {
        t.shape = integer(std::int64_t{1} << 42) + "\x85";
        t.strides = integer(0) + "\x85";
    }));
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors()[0].dtype, DType::Unsupported);
    EXPECT_FALSE((*opened)->read("w"));
    EXPECT_NE((*opened)->notes().at(0).find("larger than the limit"), std::string::npos);
}

TEST(TorchFiles, DoNotUnfoldManyViewsOfOneStorageWithoutEnd) {
    TensorPickle tensor;
    tensor.shape = integer(1 << 20) + "\x85";
    tensor.strides = integer(0) + "\x85";
    std::string pickle = "\x80\x02}(";
    for (int i = 0; i < 100; ++i)
        pickle += shortText(std::to_string(i)) + tensor.text();
    const auto opened = openText(torchZip(pickle + "u."));
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find("share the same stored bytes"), std::string::npos)
        << opened.error().message();
}

TEST(TorchFiles, NoticeDamagedElementsWhenTheyAreRead) {
    std::string file = torchZip(dictPickle(TensorPickle().text()));
    file[file.find("ffff") + 3] = 'g';
    const auto opened = openText(file);
    ASSERT_TRUE(opened);
    const auto read = (*opened)->read("w");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text.find("CRC"), std::string::npos);
}

TEST(TorchFiles, OpenWithAnEmptyNameAndATensorAtTheRoot) {
    const auto empty =
        openText(torchZip("\x80\x02}" + shortText("") + TensorPickle().text() + "s."));
    ASSERT_TRUE(empty);
    EXPECT_NE((*empty)->find(""), nullptr);
    const auto root = openText(torchZip("\x80\x02" + TensorPickle().text() + "."));
    ASSERT_TRUE(root);
    EXPECT_EQ((*root)->tensors().size(), 1U);
}

TEST(TorchFiles, TakeTheLaterOfTwoEqualKeysAsADictionaryDoes) {
    TensorPickle second;
    second.shape = "K\x06\x85";
    second.strides = "K\x01\x85";
    const auto opened = openText(torchZip("\x80\x02}(" + shortText("w") + TensorPickle().text() +
                                          shortText("w") + second.text() + "u."));
    ASSERT_TRUE(opened);
    ASSERT_EQ((*opened)->tensors().size(), 1U);
    EXPECT_EQ((*opened)->tensors()[0].shape, Shape{6});
}

TEST(TorchFiles, ShowAPartOfALegacyStorage) {
    TensorPickle tensor;
    tensor.view = "(U\x01vK\x02K\x02t";
    tensor.shape = "K\x02\x85";
    tensor.strides = "K\x01\x85";
    std::string file = legacyFile(dictPickle(tensor.text()));
    file.replace(file.size() - 24, 24, "aaaabbbbccccddddeeeeffff");
    const auto opened = openText(file);
    ASSERT_TRUE(opened) << opened.error().message();
    const auto read = (*opened)->read("w");
    ASSERT_TRUE(read);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(read->bytes.data()), 8), "ccccdddd");
}

} // namespace
} // namespace heirloom
