// SPDX-License-Identifier: GPL-3.0-or-later
// The ordinary files of real life: tests/data/golden/zoo, made with torch, safetensors and h5py
// (golden/README.md). Each must list what expected.json says.
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

namespace heirloom {
namespace {

using Json = nlohmann::json;

std::filesystem::path zoo() { return test::dataFolder() / "golden" / "zoo"; }

Json expected() {
    std::ifstream file(zoo() / "expected.json");
    return Json::parse(file).at("files");
}

/// Words for the files whose verdict is "refuse" everywhere.
const std::map<std::string, std::string> refusals = {
    {"whole_module.pth", "stores a Python object"},
    {"module_in_dict.pth", "stores a Python object"},
    {"legacy_module.pth", "stores a Python object"},
    {"lfs_pointer.safetensors", "Git LFS pointer"},
    {"web_page.pth", "web page"},
    {"zero_bytes.pth", "the file is empty"},
    {"half.safetensors", "the file ends before its tensors do"},
    {"half.pth", "there is no zip directory"},
    {"plain.pickle", "plain pickle"}};

/// Words that the notes must hold.
const std::map<std::string, std::string> notes = {
    {"optimizer_only.pth", "optimizer's state"},
    {"empty.pth", "no tensors"},
    {"empty.safetensors", "no tensors"},
    {"non_string_keys.pth", "1 tensor under keys that are no text"},
    {"deep_nest.pth", "nested groups or lists"},
    {"quantised.pth", "quantised tensors are not supported"},
    {"sparse.pth", "sparse tensors are not supported"},
    {"meta.pth", "meta-device (dataless) tensors are not supported"},
    {"strings.h5", "2 datasets without plain numbers"},
    {"nested.h5", "1 link to other places not followed"},
    {"nested_state_dict.pth.tar", "read from 'state_dict'"},
    {"model_ema.pth",
     "read from 'model'; the file also holds 'model_ema' (9 tensors): nest=model_ema"},
    {"teacher_student.pth", "prefix 'module.' taken off every name"},
    {"legacy_nested_cuda.pth.tar", "prefix 'module.' taken off"},
    {"compiled_data_parallel.pth", "prefix 'module._orig_mod.' taken off"},
    {"lightning.ckpt", "read from 'state_dict'"},
    {"tied.pth", "head.weight shares its data with embed.weight"},
    {"torchscript.pt", "the weights are read, the code is not"},
    {"tar_legacy.pth", "tar archive of PyTorch 0.1"},
    {"big_endian.pth", "big-endian"}};

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

/// What the checkpoints in folders are.
const std::map<std::string, std::string> folders = {{"hf_sharded", "safetensors-sharded"},
                                                    {"hf_bin_sharded", "pytorch-sharded"},
                                                    {"timm_folder", "safetensors"}};

/// A row's name below `root` (empty: below the file's own root) and behind `prefix`; empty where it
/// has none.
std::optional<std::string> nameOf(const Json& row,
                                  const std::string& root,
                                  const std::string& prefix) {
    std::string name;
    bool isFirst = true;
    for (const Json& key : row.at("path")) {
        const std::string part =
            key.is_string() ? key.get<std::string>() : std::to_string(key.get<int>());
        if (part == "(1, 'a')") // a key that is no text
            return std::nullopt;
        name += (isFirst ? "" : ".") + part;
        isFirst = false;
    }
    const std::string front = root.empty() ? prefix : root + "." + prefix;
    if (!name.starts_with(front))
        return std::nullopt;
    return name.substr(front.size());
}

/// Opens `name` so and compares all that expected.json says of the tensors in that part of it.
void compareTensors(const std::string& name,
                    const Json& file,
                    const OpenOptions& options,
                    const std::string& root,
                    const std::string& prefix) {
    SCOPED_TRACE("nest '" + root + "', prefix '" + prefix + "'");
    const auto checkpoint = openCheckpoint(zoo() / name, options);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    std::size_t listed = 0;
    for (const Json& row : file.at("tensors")) {
        const auto tensorName = nameOf(row, root, prefix);
        if (!tensorName)
            continue;
        ++listed;
        const TensorInfo* tensor = (*checkpoint)->find(*tensorName);
        ASSERT_NE(tensor, nullptr) << *tensorName;
        EXPECT_EQ(tensor->shape, row.at("shape").get<Shape>()) << *tensorName;
        const std::string dtype = row.at("dtype");
        const bool isSupported = row.value("supported", true) && dtype[0] != 'C';
        if (!isSupported) {
            EXPECT_EQ(tensor->dtype, DType::Unsupported) << *tensorName;
            EXPECT_FALSE((*checkpoint)->read(*tensor)) << *tensorName;
            continue;
        }
        EXPECT_EQ(dtypeName(tensor->dtype), dtype) << *tensorName;
        const auto read = (*checkpoint)->read(*tensor);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(sha256Hex(read->bytes), row.at("sha256").get<std::string>()) << *tensorName;
    }
    EXPECT_EQ((*checkpoint)->tensors().size(), listed);
}

/// `module.` and `_orig_mod.` from the front of `prefix`: what is taken off without being asked.
std::string wrappersOf(std::string_view prefix) {
    std::string taken;
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view wrapper : {"module.", "_orig_mod."})
            if (prefix.substr(taken.size()).starts_with(wrapper)) {
                taken += wrapper;
                again = true;
            }
    }
    return taken;
}

/// The state dicts and prefixes that a user can choose from are those that expected.json names.
void compareChoices(const Checkpoint& checkpoint,
                    const std::vector<std::string>& roots,
                    const std::string& prefix) {
    EXPECT_EQ(checkpoint.nest(), roots.empty() ? "" : roots.front());
    std::vector<std::string> nests;
    for (const NestChoice& choice : checkpoint.nests()) {
        nests.push_back(choice.path);
        EXPECT_EQ(choice.tensors, static_cast<std::int64_t>(checkpoint.tensors().size()))
            << "the copies in the zoo are of one size";
    }
    EXPECT_EQ(nests, roots.size() > 1 ? roots : std::vector<std::string>{});
    EXPECT_EQ(checkpoint.prefix(), wrappersOf(prefix));
    EXPECT_EQ(std::count(checkpoint.prefixes().begin(), checkpoint.prefixes().end(), prefix),
              prefix.empty() ? 0 : 1);
}

TEST(Zoo, OpensEveryOrdinaryFileWithTheTensorsThatPythonReads) {
    int opened = 0;
    const Json files = expected();
    for (const auto& [name, file] : files.items()) {
        if (file.at("verdict") == "refuse")
            continue;
        SCOPED_TRACE(name);
        const auto checkpoint = openCheckpoint(zoo() / name);
        ASSERT_TRUE(checkpoint) << checkpoint.error().message();
        const std::map<std::string, std::string> formats = {{"torch-zip", "pytorch-zip"},
                                                            {"torch-legacy", "pytorch-legacy"},
                                                            {"safetensors", "safetensors"},
                                                            {"torch-tar", "pytorch-tar"},
                                                            {"torchscript", "torchscript"},
                                                            {"hdf5", "hdf5"}};
        const auto format =
            file.at("format") == "folder" ? folders.at(name) : formats.at(file.at("format"));
        EXPECT_EQ((*checkpoint)->format(), format);
        const auto roots = file.value("roots", std::vector<std::string>{});
        const auto prefix = file.value("prefix", std::string());
        compareChoices(**checkpoint, roots, prefix);
        compareTensors(name, file, {}, roots.empty() ? "" : roots.front(), wrappersOf(prefix));
        for (const std::string& root : roots)
            compareTensors(name, file, {.nest = root, .prefix = prefix}, root, prefix);
        if (std::string((*checkpoint)->format()).starts_with("pytorch") ||
            (*checkpoint)->format() == "torchscript")
            compareTensors(name, file, {.nest = "", .prefix = ""}, "", "");
        if (const auto words = notes.find(name); words != notes.end())
            EXPECT_NE(joined((*checkpoint)->notes()).find(words->second), std::string::npos)
                << joined((*checkpoint)->notes());
        else
            EXPECT_NE(file.at("verdict"), "note") << "a note is expected";
        ++opened;
    }
    EXPECT_EQ(opened, 59);
}

TEST(Zoo, RefusesWhatIsNoCheckpointAndSaysWhy) {
    std::set<std::string> seen;
    const Json files = expected();
    for (const auto& [name, file] : files.items())
        if (file.at("verdict") == "refuse")
            seen.insert(name);
    EXPECT_EQ(seen.size(), refusals.size());
    for (const auto& [name, words] : refusals) {
        SCOPED_TRACE(name);
        const auto checkpoint = openCheckpoint(zoo() / name);
        ASSERT_FALSE(checkpoint);
        EXPECT_NE(checkpoint.error().text.find(words), std::string::npos)
            << checkpoint.error().message();
        EXPECT_FALSE(checkpoint.error().advice.empty());
        EXPECT_NE(checkpoint.error().message().find(name), std::string::npos);
    }
}

TEST(Zoo, ReadsTheMetadataOfSafetensors) {
    const auto checkpoint = openCheckpoint(zoo() / "single.safetensors");
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ((*checkpoint)->metadata().at("format"), "pt");
    EXPECT_EQ((*checkpoint)->metadata().at("source"), "größe");
}

TEST(Zoo, ReadsRowsOfEveryKindOfView) {
    for (const char* name : {"views.pth",
                             "legacy_views.pth",
                             "big_endian.pth",
                             "nested.h5",
                             "single.safetensors",
                             "fp16.pth"}) {
        const auto checkpoint = openCheckpoint(zoo() / name);
        ASSERT_TRUE(checkpoint);
        for (const TensorInfo& tensor : (*checkpoint)->tensors()) {
            SCOPED_TRACE(std::string(name) + ": " + tensor.name);
            const auto whole = (*checkpoint)->read(tensor);
            ASSERT_TRUE(whole);
            const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
            const std::int64_t rowBytes = rows == 0 ? 0 : tensor.bytes() / rows;
            for (std::int64_t first = 0; first < rows; ++first) {
                for (std::int64_t count = 0; count <= rows - first; ++count) {
                    std::vector<std::byte> part(static_cast<std::size_t>(count * rowBytes));
                    ASSERT_TRUE((*checkpoint)->readRows(tensor, first, count, part));
                    ASSERT_TRUE(std::equal(
                        part.begin(), part.end(), whole->bytes.begin() + first * rowBytes));
                }
            }
            std::vector<std::byte> none;
            EXPECT_FALSE((*checkpoint)->readRows(tensor, rows, 1, none));
            EXPECT_FALSE((*checkpoint)->readRows(tensor, -1, 1, none));
        }
    }
}

} // namespace
} // namespace heirloom
