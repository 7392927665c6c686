// SPDX-License-Identifier: GPL-3.0-or-later
// Zip archives with single bytes of their structure changed; HostileTorchTest has those that lie in
// whole fields.
#include "tests/core/checkpoint/Broken.h"
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/core/checkpoint/pytorch/TarBuilder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace heirloom {
namespace {

using namespace std::string_literals;
using test::Broken;
using test::dictPickle;
using test::number;
using test::openText;
using test::TensorPickle;
using test::zipFile;
using test::ZipRecord;

const std::string& good() {
    static const std::string file =
        zipFile({{"archive/data.pkl", dictPickle(TensorPickle().text())},
                 {"archive/data/0", std::string(24, 'f')}});
    return file;
}

/// Where the `count`-th `magic` lies.
std::size_t placeOf(std::string_view magic, int count = 1) {
    std::size_t at = good().find(magic);
    while (--count > 0)
        at = good().find(magic, at + 1);
    return at;
}
const std::size_t secondLocal = placeOf("PK\x03\x04", 2);
const std::size_t secondCentral = placeOf("PK\x01\x02", 2);
const std::size_t end = placeOf("PK\x05\x06");

std::string patched(std::size_t at, const std::string& bytes) {
    std::string file = good();
    return file.replace(at, bytes.size(), bytes);
}

std::string withRecord(const std::string& name) {
    return zipFile({{"archive/data.pkl", dictPickle(TensorPickle().text())},
                    {"archive/data/0", std::string(24, 'f')},
                    {name, "x"}});
}

const std::vector<Broken>& rows() {
    static const std::vector<Broken> made = {
        {"BytesBeforeTheArchive", "PK\x03\x04junk" + good(), "does not end where"},
        {"FileOfManyDisks", patched(end + 4, number(1, 2)), "split over several files"},
        {"DirectoryOnAnotherDisk", patched(end + 6, number(1, 2)), "split over several files"},
        {"DirectorySizeTooLarge", patched(end + 12, number(0x7fffffff, 4)), "does not end where"},
        {"DirectorySizeZero", patched(end + 12, number(0, 4)), "does not end where"},
        {"DirectoryBeginHuge", patched(end + 16, number(0x7fffffff, 4)), "does not end where"},
        {"CommentBeyondTheFile", patched(end + 20, number(7, 2)), "no zip directory"},
        {"EntryMagic",
         patched(secondCentral, "PK\x01\x01"),
         "entry 1 of the zip directory is damaged"},
        {"EntryNameBeyond", patched(secondCentral + 28, number(0xffff, 2)), "is cut off"},
        {"EntryExtraBeyond", patched(secondCentral + 30, number(0xffff, 2)), "is cut off"},
        {"EntryCommentBeyond", patched(secondCentral + 32, number(1, 2)), "is cut off"},
        {"EntryNameShorter", patched(secondCentral + 28, number(3, 2)), "calls itself"},
        {"EntryStronglyEncrypted", patched(secondCentral + 8, number(0x40, 2)), "encrypted"},
        {"EntryHeadersMasked", patched(secondCentral + 8, number(0x2000, 2)), "encrypted"},
        {"EntryFlagsDiffer", patched(secondCentral + 8, number(2, 2)), "different things"},
        {"EntryMethodDiffers", patched(secondCentral + 10, number(12, 2)), "different things"},
        {"EntrySizeInMissingZip64",
         patched(secondCentral + 24, number(0xffffffff, 4)),
         "lacks its zip64 sizes"},
        {"EntryPlaceInMissingZip64",
         patched(secondCentral + 42, number(0xffffffff, 4)),
         "lacks its zip64 sizes"},
        {"EntryPlaceIsTheDirectory",
         patched(secondCentral + 42, number(secondCentral, 4)),
         "no place for it"},
        {"LocalMagic", patched(secondLocal, "PK\x03\x05"), "no record at byte"},
        {"LocalFlagsDiffer", patched(secondLocal + 6, number(2, 2)), "different things"},
        {"LocalMethodDiffers", patched(secondLocal + 8, number(8, 2)), "different things"},
        {"LocalSizeDiffers", patched(secondLocal + 22, number(23, 4)), "different things"},
        {"LocalStoredSizeDiffers", patched(secondLocal + 18, number(23, 4)), "different things"},
        {"LocalSizeInMissingZip64",
         patched(secondLocal + 22, number(0xffffffff, 4)),
         "lacks its zip64 sizes"},
        {"LocalNameBeyond", patched(secondLocal + 26, number(0xffff, 2)), "reaches beyond"},
        {"LocalExtraBeyond", patched(secondLocal + 28, number(0xffff, 2)), "reaches beyond"},
        {"LocalExtraHidesTheData", patched(secondLocal + 28, number(1, 2)), "reaches beyond"},
        {"NameEmpty", withRecord(""), "dangerous name"},
        {"NameEndsInParent", withRecord("archive/.."), "dangerous name"},
        {"NameIsParent", withRecord(".."), "dangerous name"},
        {"ByteOrderTooLong",
         zipFile({{"archive/data.pkl", dictPickle(TensorPickle().text())},
                  {"archive/byteorder", std::string(100, 'l')}}),
         "byte order"},
        {"PickleInAFolderOfItsOwn",
         zipFile({{"archive/inner/data.pkl", dictPickle(TensorPickle().text())}}),
         "no data.pkl"},
        {"PickleWithoutAFolder",
         zipFile({{"data.pkl", dictPickle(TensorPickle().text())}}),
         "no data.pkl"},
        {"DataBeneathAnotherRoot",
         zipFile({{"archive/data.pkl", dictPickle(TensorPickle().text())},
                  {"other/data/0", std::string(24, 'f')}}),
         "no record 'data/0'"},
    };
    return made;
}

class HostileZipBytes : public testing::TestWithParam<std::size_t> {};
TEST_P(HostileZipBytes, AreRefusedWithTheRuleTheyBreak) { test::expectRefused(rows()[GetParam()]); }
INSTANTIATE_TEST_SUITE_P(Files,
                         HostileZipBytes,
                         testing::Range(std::size_t{0}, rows().size()),
                         [](const auto& row) { return std::string(rows()[row.param].name); });

std::size_t countIn(const char* folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
        ++count;
    return count;
}

TEST(TorchFiles, LeaveNoFileOpenAndNoThreadWhenRefused) {
    const test::TemporaryFolder folder;
    const auto path = folder / "broken.pth";
    const std::size_t files = countIn("/proc/self/fd"), threads = countIn("/proc/self/task");
    for (const std::string& whole : {good(),
                                     test::legacyFile(dictPickle(TensorPickle().text())),
                                     test::tarOf({}),
                                     "\x80\x02"s + std::string(100, ']')}) {
        for (std::size_t size = 1; size < whole.size() / 2; size += 37) {
            std::ofstream(path, std::ios::binary) << whole.substr(0, size);
            EXPECT_FALSE(openCheckpoint(path)) << size;
        }
    }
    EXPECT_EQ(countIn("/proc/self/fd"), files);
    EXPECT_EQ(countIn("/proc/self/task"), threads);
}

TEST(ZipFiles, KeepTheLimitsThatTheyQuote) {
    ASSERT_TRUE(openText(good())) << "unchanged, it opens";
    const std::vector<std::pair<const char*, const char*>> limits = {
        {"zip_entries=1", "limit zip_entries of 1"},
        {"pickle_bytes=20", "limit pickle_bytes of 20"},
        {"pickle_nodes=5", "limit pickle_nodes of 5"},
        {"pickle_memory=100", "limit pickle_memory of 100"}};
    for (const auto& [limit, words] : limits) {
        OpenOptions options;
        ASSERT_TRUE(options.limits.set(limit));
        const auto refused = openText(good(), options);
        ASSERT_FALSE(refused) << limit;
        EXPECT_NE(refused.error().text.find(words), std::string::npos) << refused.error().message();
        EXPECT_NE(refused.error().advice.find("raise the limit"), std::string::npos);
    }
}

} // namespace
} // namespace heirloom
