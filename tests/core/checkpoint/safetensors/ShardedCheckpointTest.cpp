// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints in parts and folders of them, good ones and hostile ones.
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/CheckpointFolder.h"
#include "core/checkpoint/safetensors/ShardIndex.h"
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include <sys/stat.h>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// A shard with one byte for each tensor.
std::string shard(const std::vector<std::string>& names) {
    std::string header = "{";
    for (std::size_t i = 0; i < names.size(); ++i)
        header += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})",
                              i == 0 ? "" : ",",
                              names[i],
                              i,
                              i + 1);
    return test::safetensorsFile(header + "}", names.size());
}

std::string indexOf(const std::vector<std::pair<std::string, std::string>>& map) {
    std::string text = R"({"metadata":{"total_size":3},"weight_map":{)";
    for (std::size_t i = 0; i < map.size(); ++i)
        text += fmt::format(R"({}"{}":"{}")", i == 0 ? "" : ",", map[i].first, map[i].second);
    return text + "}}";
}

constexpr const char* indexName = "model.safetensors.index.json";
const std::string one = "model-00001-of-00002.safetensors";
const std::string two = "model-00002-of-00002.safetensors";

/// Two shards and their index.
void writeGood(const fs::path& folder) {
    write(folder / one, shard({"a", "b"}));
    write(folder / two, shard({"c"}));
    write(folder / indexName, indexOf({{"a", one}, {"b", one}, {"c", two}}));
}

std::size_t descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

TEST(ShardedCheckpoint, OpensByItsIndexAndByItsFolder) {
    const test::TemporaryFolder folder;
    writeGood(folder.path());
    for (const auto& path : {folder / indexName, folder.path()}) {
        const auto opened = openCheckpoint(path);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->format(), "safetensors-sharded");
        EXPECT_EQ((*opened)->path(), folder / indexName);
        EXPECT_EQ((*opened)->files(),
                  (std::vector<fs::path>{folder / indexName, folder / one, folder / two}));
        ASSERT_EQ((*opened)->tensors().size(), 3U);
        EXPECT_EQ((*opened)->tensors()[2].name, "c");
        EXPECT_EQ((*opened)->readAll()->size(), 3U);
        EXPECT_TRUE((*opened)->notes().empty());
    }
}

TEST(ShardedCheckpoint, HoldsFewDescriptorsForManyShards) {
    const test::TemporaryFolder folder;
    std::vector<std::pair<std::string, std::string>> map;
    for (int i = 0; i < 200; ++i) {
        const auto file = fmt::format("model-{:05}-of-00200.safetensors", i + 1);
        const auto name = fmt::format("layer.{}", i);
        write(folder / file, shard({name}));
        map.emplace_back(name, file);
    }
    write(folder / indexName, indexOf(map));
    const auto before = descriptors();
    {
        const auto opened = openCheckpoint(folder.path());
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_LE(descriptors(), before + 16);
        EXPECT_EQ((*opened)->readAll()->size(), 200U);
        EXPECT_LE(descriptors(), before + 16);
    }
    EXPECT_EQ(descriptors(), before);
}

TEST(ShardedCheckpoint, TakesOnePrefixOffTheNamesOfAllShards) {
    const test::TemporaryFolder folder;
    write(folder / one, shard({"module.a", "module.b"}));
    write(folder / two, shard({"module.c"}));
    write(folder / indexName, indexOf({{"module.a", one}, {"module.b", one}, {"module.c", two}}));
    const auto opened = openCheckpoint(folder.path());
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->prefix(), "module.");
    EXPECT_NE((*opened)->find("c"), nullptr);
    EXPECT_EQ((*opened)->readAll()->size(), 3U);
    const auto whole = openCheckpoint(folder.path(), {.nest = {}, .prefix = "", .limits = {}});
    ASSERT_TRUE(whole);
    EXPECT_NE((*whole)->find("module.c"), nullptr);
}

TEST(ShardedCheckpoint, ListsTensorsThatTheIndexForgot) {
    const test::TemporaryFolder folder;
    writeGood(folder.path());
    write(folder / indexName, indexOf({{"a", one}, {"c", two}}));
    const auto opened = openCheckpoint(folder.path());
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors().size(), 3U);
    EXPECT_EQ((*opened)->notes(),
              std::vector<std::string>{"1 tensor that the index does not name listed too"});
}

TEST(ShardedCheckpoint, FollowsTheLinksOfTheHubsCache) {
    const test::TemporaryFolder cache;
    const auto snapshot = cache / "models--a--b/snapshots/0123";
    const auto blobs = cache / "models--a--b/blobs";
    fs::create_directories(snapshot);
    fs::create_directories(blobs);
    writeGood(blobs);
    for (const auto& name : {one, two, std::string(indexName)}) {
        fs::rename(blobs / name, blobs / ("hash-of-" + name));
        fs::create_symlink("../../blobs/hash-of-" + name, snapshot / name);
    }
    const auto opened = openCheckpoint(snapshot);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->readAll()->size(), 3U);
    EXPECT_TRUE(openCheckpoint(snapshot / indexName));
}

TEST(ShardedCheckpoint, NoticesThatAShardChanged) {
    const test::TemporaryFolder folder;
    writeGood(folder.path());
    const auto opened = openCheckpoint(folder.path());
    ASSERT_TRUE(opened);
    write(folder / two, shard({"c", "d"}));
    EXPECT_TRUE((*opened)->read("a"));
    const auto read = (*opened)->read("c");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text.find("changed by another program"), std::string::npos);
}

struct Broken {
    const char* name; ///< what is broken
    std::function<void(const fs::path& folder)> breakIt;
    const char* words; ///< part of the refusal
};

void replaceIndex(const fs::path& folder, std::string_view text) {
    write(folder / indexName, text);
}

/// The index names `target` as the shard of c.
std::function<void(const fs::path&)> naming(const std::string& target) {
    return [target](const fs::path& folder) {
        replaceIndex(folder, indexOf({{"a", one}, {"c", target}}));
    };
}

std::function<void(const fs::path&)> index(const std::string& text) {
    return [text](const fs::path& folder) { replaceIndex(folder, text); };
}

/// What lies where the second shard should.
std::function<void(const fs::path&)> second(std::function<void(const fs::path& at)> make) {
    return [make](const fs::path& folder) {
        fs::remove(folder / two);
        make(folder / two);
    };
}

std::string zeros(int count) { return std::string(static_cast<std::size_t>(count), '\0'); }

const std::vector<Broken>& brokenFolders() {
    static const std::vector<Broken> rows = {
        {"ShardOutsideByDots", naming("../c.safetensors"), "holds a separator"},
        {"ShardAbsolute", naming("/etc/passwd"), "holds a separator"},
        {"ShardInSubfolder", naming("sub/c.safetensors"), "holds a separator"},
        {"ShardWithBackslash", naming("..\\\\c.safetensors"), "holds a separator"},
        {"ShardEmpty", naming(""), "is empty"},
        {"ShardDot", naming("."), "is a folder"},
        {"ShardDotDot", naming(".."), "is a folder"},
        {"ShardWithNul", naming("c\\u0000.safetensors"), "NUL"},
        {"ShardWithNewline", naming("c\\n.safetensors"), "control character"},
        {"ShardNameTooLong", naming(std::string(256, 'c')), "too long"},
        {"ShardMissing", naming("c.safetensors"), "is missing"},
        {"ShardIsTheIndex", naming(indexName), "JSON text, not weights"},
        {"ShardIsAFolder",
         second([](const fs::path& at) { fs::create_directory(at); }),
         "not a file"},
        {"ShardIsAFifo",
         second([](const fs::path& at) { ::mkfifo(at.c_str(), 0600); }),
         "not a file"},
        {"ShardIsADeviceByLink",
         second([](const fs::path& at) { fs::create_symlink("/dev/zero", at); }),
         "outside its folder"},
        {"ShardIsALinkOut",
         second([](const fs::path& at) { fs::create_symlink("/etc/passwd", at); }),
         "outside its folder"},
        {"ShardIsALinkUp",
         second([](const fs::path& at) {
             fs::create_symlink("../" + at.parent_path().filename().string() + "/../x", at);
         }),
         "link to a file that is missing"},
        {"ShardIsALoop",
         second([](const fs::path& at) { fs::create_symlink(at.filename(), at); }),
         "link to a file that is missing"},
        {"ShardIsALinkToNothing",
         second([](const fs::path& at) { fs::create_symlink("nothing", at); }),
         "link to a file that is missing"},
        {"ShardIsALinkToAFolder",
         second([](const fs::path& at) {
             fs::create_directory(at.parent_path() / "sub");
             fs::create_symlink("sub", at);
         }),
         "a folder, not a file"},
        {"ShardEmptyFile", second([](const fs::path& at) { write(at, ""); }), "is empty"},
        {"ShardIsAPointer",
         second(
             [](const fs::path& at) { write(at, "version https://git-lfs.github.com/spec/v1\n"); }),
         "Git LFS pointer"},
        {"ShardIsAWebPage",
         second([](const fs::path& at) { write(at, "<!DOCTYPE html><html>"); }),
         "web page"},
        {"ShardOfAnotherFormat",
         second([](const fs::path& at) {
             fs::copy_file(test::dataFolder() / "golden/zoo/tied.pth", at);
         }),
         "but the first one is safetensors"},
        {"ShardIsNoise",
         second([](const fs::path& at) { write(at, std::string(2000, 'x')); }),
         "no checkpoint of a known kind"},
        {"ShardCut",
         second([](const fs::path& at) { write(at, shard({"c"}).substr(0, 40)); }),
         "the header is said to have"},
        {"PromisedTensorAbsent",
         second([](const fs::path& at) { write(at, shard({"d"})); }),
         "which does not have it"},
        {"PromisedTensorElsewhere",
         [](const fs::path& folder) {
             replaceIndex(folder, indexOf({{"a", two}, {"b", one}, {"c", two}}));
         },
         "which does not have it"},
        {"TensorInTwoShards",
         second([](const fs::path& at) { write(at, shard({"c", "a"})); }),
         "'a' lies in two shards"},
        {"NotAnObject", index(" {]"), "valid JSON"},
        {"WeightMapMissing", index(R"({"metadata":{}})"), "without a weight_map"},
        {"WeightMapTwice", index(R"({"weight_map":{"a":"x"},"weight_map":{}})"), "comes twice"},
        {"WeightMapIsAList", index(R"({"weight_map":[]})"), "is a list, not an object"},
        {"WeightMapIsNull", index(R"({"weight_map":null})"), "is null, not an object"},
        {"WeightMapEmpty", index(R"({"weight_map":{}})"), "names no tensor"},
        {"WeightMapHoldsANumber", index(R"({"weight_map":{"a":1}})"), "is a number, not a string"},
        {"WeightMapHoldsAList", index(R"({"weight_map":{"a":["x"]}})"), "is a list, not a string"},
        {"WeightMapNamesTwice", index(R"({"weight_map":{"a":"x","a":"y"}})"), "names 'a' twice"},
        {"WeightMapNamesTwiceThroughEscapes",
         index(R"({"weight_map":{"a":"x","\u0061":"y"}})"),
         "names 'a' twice"},
        {"IndexCut", index(R"({"weight_map":{"a":"mo)"), "valid JSON"},
        {"IndexTrailingComma", index(R"({"weight_map":{"a":"x",}})"), "valid JSON"},
        {"IndexFollowedByMore", index(R"({"weight_map":{"a":"x"}} {})"), "valid JSON"},
        {"IndexWithNulBehind", index(indexOf({{"a", one}}) + zeros(4)), "known kind"},
        {"IndexNotUtf8", index("{\"weight_map\":{\"\xff\":\"x\"}}"), "valid JSON"},
        {"IndexDeep",
         index("{\"metadata\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
         "limit json_depth of 8"},
        {"IndexDeepObjects",
         index(R"({"m":{"m":{"m":{"m":{"m":{"m":{"m":{"m":{"m":{}}}}}}}}},"weight_map":{}})"),
         "limit json_depth of 8"},
        {"IndexNameTooLong",
         index("{\"weight_map\":{\"" + std::string(4097, 'n') + "\":\"x\"}}"),
         "limit name_bytes of 4096"},
        {"IndexEmpty", index(""), "is empty"},
        {"IndexIsAPointer",
         index("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
         "Git LFS pointer"},
        {"IndexIsAFifo",
         [](const fs::path& folder) {
             fs::remove(folder / indexName);
             ::mkfifo((folder / indexName).c_str(), 0600);
         },
         "not a file"},
        {"IndexIsALinkOut",
         [](const fs::path& folder) {
             fs::remove(folder / indexName);
             fs::create_symlink("/etc/passwd", folder / indexName);
         },
         "outside its folder"},
        {"TooManyShards",
         [](const fs::path& folder) {
             std::vector<std::pair<std::string, std::string>> map;
             for (int i = 0; i < 4097; ++i)
                 map.emplace_back(fmt::format("t{}", i), fmt::format("s{}", i));
             replaceIndex(folder, indexOf(map));
         },
         "limit shards of 4096"},
    };
    return rows;
}

class HostileFolder : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileFolder, IsRefusedWithTheRuleItBreaks) {
    const auto& broken = brokenFolders()[GetParam()];
    const test::TemporaryFolder folder;
    writeGood(folder.path());
    broken.breakIt(folder.path());
    const auto before = descriptors();
    const auto opened = openCheckpoint(folder.path());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find(broken.words), std::string::npos)
        << opened.error().message();
    EXPECT_NE(opened.error().where.find(folder.path().string()), std::string::npos)
        << opened.error().where;
    EXPECT_EQ(descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(Folders,
                         HostileFolder,
                         testing::Range(std::size_t{0}, brokenFolders().size()),
                         [](const auto& row) {
                             return std::string(brokenFolders()[row.param].name);
                         });

TEST(CheckpointFolder, TakesWhatTransformersWouldLoad) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(checkpointInFolder(folder.path()), std::nullopt);
    write(folder / "config.json", "{}");
    write(folder / "vocab.txt", "a");
    EXPECT_EQ(checkpointInFolder(folder.path()), std::nullopt);
    write(folder / "pytorch_model-00001-of-00001.bin", "x");
    write(folder / "pytorch_model.bin.index.json", "{}");
    EXPECT_EQ(**checkpointInFolder(folder.path()), folder / "pytorch_model.bin.index.json");
    write(folder / "pytorch_model.bin", "x");
    EXPECT_EQ(**checkpointInFolder(folder.path()), folder / "pytorch_model.bin");
    write(folder / "model.safetensors.index.json", "{}");
    EXPECT_EQ(**checkpointInFolder(folder.path()), folder / "model.safetensors.index.json");
    write(folder / "model.safetensors", "x");
    EXPECT_EQ(**checkpointInFolder(folder.path()), folder / "model.safetensors");
}

TEST(CheckpointFolder, TakesTheOnlyOneAndSaysWhichThereAre) {
    const test::TemporaryFolder folder;
    const auto none = openCheckpoint(folder.path());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().text, "the folder holds no checkpoint");
    fs::create_directory(folder / "inner.pth");
    write(folder / ".hidden.pth", "x");
    write(folder / "only.safetensors", shard({"a"}));
    const auto opened = openCheckpoint(folder.path());
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->path(), folder / "only.safetensors");
    write(folder / "other.pth", "x");
    const auto several = openCheckpoint(folder.path());
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().text, "the folder holds 2 checkpoints: only.safetensors, other.pth");
    EXPECT_EQ(several.error().advice, "Name one of them");
}

} // namespace
} // namespace heirloom
