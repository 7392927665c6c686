// SPDX-License-Identifier: GPL-3.0-or-later
// Tars of torch 0.1, each broken in one place.
#include "tests/core/checkpoint/Broken.h"
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/core/checkpoint/pytorch/TarBuilder.h"

#include <gtest/gtest.h>

#include <functional>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::Broken;
using test::integer;
using test::openText;
using test::paxRecord;
using test::shortText;
using test::tarFile;
using test::TarMember;
using test::tarOf;
using test::TarParts;

std::string changedParts(const std::function<void(TarParts&)>& change) {
    TarParts parts;
    change(parts);
    return tarOf(parts);
}

std::string changedTar(const std::function<void(std::vector<TarMember>&)>& change) {
    auto members = TarParts().members();
    change(members);
    return tarFile(members);
}

const std::vector<Broken>& brokenTars() {
    static const std::vector<Broken> rows = {
        {"HeaderChecksum",
         changedTar([](auto& m) { m[1].checkLie = 1; }),
         "at byte 1024 does not match its checksum"},
        {"SizeIsNoNumber", changedTar([](auto& m) { m[2].size = "0000000000x"; }), "is no number"},
        {"SizeIsEmpty", changedTar([](auto& m) { m[2].size = "           "; }), "is no number"},
        {"SizeBeyondTheFile",
         changedTar([](auto& m) { m[3].size = "00000777777"; }),
         "'storages' has 262143 bytes"},
        {"SizeInBase256Huge",
         changedTar([](auto& m) { m[3].size = "\xbf" + std::string(11, '\xff'); }),
         "is no number"},
        {"SizeInBase256BeyondTheFile",
         changedTar(
             [](auto& m) { m[3].size = "\x80"s + std::string(3, '\0') + std::string(8, '\x7f'); }),
         "but the file has only"},
        {"SizeNegative",
         changedTar([](auto& m) { m[3].size = std::string(12, '\xff'); }),
         "is no number"},
        {"CutInsideAMember",
         tarFile(TarParts().members(), false).substr(0, 520),
         "but the file has only"},
        {"DoubleName", changedTar([](auto& m) { m.push_back(m[3]); }), "named 'storages'"},
        {"NoStorages", changedTar([](auto& m) { m.erase(m.begin() + 3); }), "no member 'storages'"},
        {"NoTensors", changedTar([](auto& m) { m.erase(m.begin() + 2); }), "no member 'tensors'"},
        {"NoPickle", changedTar([](auto& m) { m.erase(m.begin() + 1); }), "no member 'pickle'"},
        {"OrdinaryTar", tarFile({{"README", "hello"}}), "not one that torch wrote"},
        {"StoragesInAFolder",
         changedTar([](auto& m) { m[3].prefix = "x"; }),
         "no member 'storages'"},
        {"StoragesIsASymbolicLink",
         changedTar([](auto& m) {
             m[3].type = '2';
             m[3].data.clear(); // links and folders have none
         }),
         "a link or a device"},
        {"StoragesIsAHardLink",
         changedTar([](auto& m) {
             m[3].type = '1';
             m[3].data.clear(); // links and folders have none
         }),
         "a link or a device"},
        {"StoragesIsADevice", changedTar([](auto& m) { m[3].type = '3'; }), "a link or a device"},
        {"StoragesIsAPipe", changedTar([](auto& m) { m[3].type = '6'; }), "a link or a device"},
        {"StoragesIsAFolder",
         changedTar([](auto& m) {
             m[3].type = '5';
             m[3].data.clear(); // links and folders have none
         }),
         "a link or a device"},
        {"PaxLengthBeyond",
         changedTar([](auto& m) { m.insert(m.begin(), {"pax", "99 path=x\n", 'x'}); }),
         "pax records at byte 512"},
        {"PaxLengthMissing",
         changedTar([](auto& m) { m.insert(m.begin(), {"pax", "path=x\n", 'x'}); }),
         "pax records"},
        {"PaxSizeIsNoNumber",
         changedTar([](auto& m) { m.insert(m.begin(), {"pax", paxRecord("size", "1x"), 'x'}); }),
         "pax records"},
        {"PaxSizeBeyondTheFile",
         changedTar([](auto& m) {
             m.insert(m.begin(), {"pax", paxRecord("size", "18446744073709551615"), 'x'});
         }),
         "but the file has only"},
        {"PaxRenamesAMember",
         changedTar([](auto& m) {
             m.insert(m.begin() + 3, {"pax", paxRecord("path", "elsewhere"), 'x'});
         }),
         "no member 'storages'"},
        {"PaxTooLong",
         changedTar([](auto& m) {
             m.insert(m.begin(), {"pax", paxRecord("comment", std::string(70000, 'c')), 'x'});
         }),
         "bytes of names"},
        {"GnuNameTooLong",
         changedTar(
             [](auto& m) { m.insert(m.begin(), {"././@LongLink", std::string(70000, 'n'), 'L'}); }),
         "bytes of names"},
        {"BigEndian",
         changedParts(
             [](auto& p) { p.system = "\x80\x02}" + shortText("little_endian") + "\x89s."; }),
         "big-endian"},
        {"SystemIsNoDictionary",
         changedParts([](auto& p) { p.system = "\x80\x02N."; }),
         "no dictionary"},
        {"StorageCountIsText",
         changedParts([](auto& p) { p.storageCount = "\x80\x02" + shortText("1") + "."; }),
         "does not begin with a number"},
        {"StorageCountNegative",
         changedParts([](auto& p) { p.storageCount = "\x80\x02" + integer(-1) + "."; }),
         "does not begin with a number"},
        {"StorageCountTooLarge",
         changedParts([](auto& p) { p.storageCount = "\x80\x02K\x02."; }),
         "describes a storage in another way"},
        {"StorageCountHuge",
         changedParts([](auto& p) {
             p.storageCount = "\x80\x02" + integer(INT64_MAX) + ".";
             p.views = p.storage + std::string(8, '\0');
         }),
         "two storages 0"},
        {"StorageKeyIsNone",
         changedParts([](auto& p) { p.storage = "\x80\x02NNctorch\nFloatStorage\n\x87."; }),
         "describes a storage in another way"},
        {"StorageTypeUnknown",
         changedParts([](auto& p) {
             p.storage = "\x80\x02" + shortText("0") + shortText("cpu") + "cos\nsystem\n\x87.";
         }),
         "describes a storage in another way"},
        {"StorageElementsNegative",
         changedParts([](auto& p) { p.elements = -6; }),
         "announces -6 elements"},
        {"StorageElementsHuge",
         changedParts([](auto& p) { p.elements = INT64_MAX; }),
         "elements of the storage 0"},
        {"StorageElementsCut",
         changedParts([](auto& p) {
             p.elementBytes = "ffff";
             p.views = "";
         }),
         "announces 6 elements"},
        {"ViewsMissing", changedParts([](auto& p) { p.views = ""; }), "ends inside the pickle"},
        {"ViewOfNothing",
         changedParts([](auto& p) {
             p.views = "\x80\x02](" + shortText("1") + shortText("9") + "K\x01K\x01ta.";
         }),
         "no storage 9 for its part 1"},
        {"ViewOutside",
         changedParts([](auto& p) {
             p.views = "\x80\x02](" + shortText("1") + shortText("0") + "K\x05K\x02ta.";
         }),
         "outside of the 6 elements"},
        {"ViewNegative",
         changedParts([](auto& p) {
             p.views = "\x80\x02](" + shortText("1") + shortText("0") + integer(-1) + "K\x02ta.";
         }),
         "outside of the 6 elements"},
        {"ViewIsANumber",
         changedParts([](auto& p) {
             p.views = "\x80\x02]K\x01"
                       "a.";
         }),
         "part of a storage"},
        {"TensorCountIsNone",
         changedParts([](auto& p) { p.tensorCount = "\x80\x02N."; }),
         "'tensors' does not begin with a number"},
        {"TensorCountTooLarge",
         changedParts([](auto& p) { p.tensorCount = "\x80\x02K\x09."; }),
         "pickle"},
        {"TensorCountOverTheLimit",
         changedParts([](auto& p) { p.tensorCount = "\x80\x02" + integer(1LL << 40) + "."; }),
         "limit tensors of 2000000"},
        {"TensorIsNoTuple",
         changedParts([](auto& p) { p.tensor = "\x80\x02K\x07."; }),
         "describes a tensor in another way"},
        {"TensorOfNoStorage",
         changedParts([](auto& p) {
             p.tensor = "\x80\x02K\x07" + shortText("5") + "ctorch\nFloatTensor\n\x87.";
         }),
         "the storage 5, which is not there"},
        {"AxesNegative", changedParts([](auto& p) { p.numbers[0] = -1; }), "-1 axes"},
        {"AxesTooMany", changedParts([](auto& p) { p.numbers[0] = 65; }), "65 axes"},
        {"AxesBeyondTheMember",
         changedParts([](auto& p) { p.numbers = {3, 2, 3, 1, 3, 1}; }),
         "before what it announces"},
        {"ShapeNegative", changedParts([](auto& p) { p.numbers[1] = -2; }), "impossible shape"},
        {"ShapeOverflow",
         changedParts([](auto& p) { p.numbers[1] = p.numbers[2] = std::int64_t{1} << 40; }),
         "impossible shape"},
        {"ShapeBeyondStorage",
         changedParts([](auto& p) { p.numbers[1] = 3; }),
         "last element is number 8"},
        {"StrideNegative", changedParts([](auto& p) { p.numbers[3] = -3; }), "stride -3"},
        {"StrideHuge", changedParts([](auto& p) { p.numbers[3] = INT64_MAX; }), "reaches beyond"},
        {"OffsetNegative",
         changedParts([](auto& p) { p.numbers[5] = -1; }),
         "offset -1 is negative"},
        {"OffsetPastEnd",
         changedParts([](auto& p) { p.numbers[5] = 1; }),
         "last element is number 6"},
        {"ObjectAtTheRoot",
         changedParts([](auto& p) {
             p.state = "\x80\x02"
                       "c__main__\nNet\n)R.";
         }),
         "Python object"},
        {"PickleCut",
         changedParts([](auto& p) { p.state = "\x80\x02}("; }),
         "ends inside the pickle"},
    };
    return rows;
}

class HostileTar : public testing::TestWithParam<std::size_t> {};
TEST_P(HostileTar, IsRefusedWithTheRuleItBreaks) { test::expectRefused(brokenTars()[GetParam()]); }
INSTANTIATE_TEST_SUITE_P(Files,
                         HostileTar,
                         testing::Range(std::size_t{0}, brokenTars().size()),
                         [](const auto& row) { return std::string(brokenTars()[row.param].name); });

TEST(TarFiles, TheUnbrokenOneOpensInEverySpelling) {
    const std::string longName(120, 'n');
    for (const std::string& file :
         {tarOf({}),
          tarFile(TarParts().members(), false),
          changedTar([](auto& m) { m[0].name = "sys"; }),
          changedTar([](auto& m) { m[3].type = '\0'; }),
          changedTar([](auto& m) { m[3].magic = "ustar  \0"s; }),
          changedTar([](auto& m) {
              m[3].size = "\x80"s + std::string(10, '\0') + static_cast<char>(m[3].data.size());
          }),
          changedTar([](auto& m) {
              m[3].name = "wrong";
              m.insert(m.begin() + 3,
                       {"pax", paxRecord("mtime", "1.5") + paxRecord("path", "storages"), 'x'});
              m.insert(m.begin(), {"pax", paxRecord("comment", "for all"), 'g'});
          }),
          changedTar([&](auto& m) {
              m.insert(m.begin(), {"././@LongLink", longName + '\0', 'L'});
              m.insert(m.begin() + 1, {"short", "beside the weights"});
              m.push_back({"link", "", '2'});
              m.push_back({"folder/", "", '5'});
          })}) {
        const auto opened = openText(file);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->format(), "pytorch-tar");
        ASSERT_EQ((*opened)->tensors().size(), 1U);
        EXPECT_EQ((*opened)->tensors()[0], (TensorInfo{"w", DType::F32, {2, 3}}));
        EXPECT_TRUE((*opened)->read("w"));
    }
}

TEST(TarFiles, ShowAPartOfAStorage) {
    TarParts parts;
    parts.elementBytes = "aaaabbbbccccddddeeeeffff";
    parts.views = "\x80\x02](" + shortText("1") + shortText("0") + "K\x02K\x03ta.";
    parts.tensor = "\x80\x02K\x07" + shortText("1") + "ctorch\nFloatTensor\n\x87.";
    parts.numbers = {1, 2, 1, 1};
    const auto opened = openText(tarOf(parts));
    ASSERT_TRUE(opened) << opened.error().message();
    const auto read = (*opened)->read("w");
    ASSERT_TRUE(read);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(read->bytes.data()), 8), "ddddeeee");
}

TEST(TarFiles, StopAtTheLimitOfMembers) {
    OpenOptions options;
    ASSERT_TRUE(options.limits.set("tar_entries=3"));
    const auto refused = openText(tarOf({}), options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("limit tar_entries of 3"), std::string::npos)
        << refused.error().message();
}

} // namespace
} // namespace heirloom
