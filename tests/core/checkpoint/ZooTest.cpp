// SPDX-License-Identifier: GPL-3.0-or-later
// The ordinary files of real life: tests/data/golden/zoo, made with torch, safetensors and h5py
// (golden/README.md). Each must list what expected.json says.
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

/// Files that torch can open and this program refuses, with the words it must say.
const std::map<std::string, std::string> otherRefusals = {{"tar_legacy.pth", "tar archive"},
                                                          {"torchscript.pt", "TorchScript"}};

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
    {"model_ema.pth", "read from 'model'; the file also holds 'model_ema'"},
    {"teacher_student.pth", "prefix 'module.backbone.' taken off"},
    {"legacy_nested_cuda.pth.tar", "prefix 'module.' taken off"},
    {"compiled_data_parallel.pth", "prefix 'module._orig_mod.' taken off"},
    {"lightning.ckpt", "prefix 'model.' taken off"},
    {"tied.pth", "head.weight shares its data with embed.weight"},
    {"big_endian.pth", "big-endian"}};

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

/// The name a tensor has once root and prefix are off; empty for one outside the root, or under a
/// key that is no text.
std::optional<std::string> nameOf(const Json& row, const Json& file) {
    const Json& path = row.at("path");
    std::size_t first = 0;
    if (file.contains("roots")) {
        if (path.at(0) != file.at("roots").at(0))
            return std::nullopt;
        first = 1;
    }
    std::string name;
    for (std::size_t i = first; i < path.size(); ++i) {
        const std::string part =
            path[i].is_string() ? path[i].get<std::string>() : std::to_string(path[i].get<int>());
        if (part == "(1, 'a')")
            return std::nullopt;
        name += (i == first ? "" : ".");
        name += part;
    }
    if (file.contains("prefix"))
        name.erase(0, file.at("prefix").get<std::string>().size());
    return name;
}

void compareTensors(const Checkpoint& checkpoint, const Json& file) {
    std::size_t listed = 0;
    for (const Json& row : file.at("tensors")) {
        const auto name = nameOf(row, file);
        if (!name)
            continue;
        ++listed;
        const TensorInfo* tensor = checkpoint.find(*name);
        ASSERT_NE(tensor, nullptr) << *name;
        EXPECT_EQ(tensor->shape, row.at("shape").get<Shape>()) << *name;
        const std::string dtype = row.at("dtype");
        const bool isSupported = row.value("supported", true) && dtype[0] != 'C';
        if (!isSupported) {
            EXPECT_EQ(tensor->dtype, DType::Unsupported) << *name;
            EXPECT_FALSE(checkpoint.read(*tensor)) << *name;
            continue;
        }
        EXPECT_EQ(dtypeName(tensor->dtype), dtype) << *name;
        const auto read = checkpoint.read(*tensor);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(sha256Hex(read->bytes), row.at("sha256").get<std::string>()) << *name;
    }
    EXPECT_EQ(checkpoint.tensors().size(), listed);
}

TEST(Zoo, OpensEveryOrdinaryFileWithTheTensorsThatPythonReads) {
    int opened = 0;
    const Json files = expected();
    for (const auto& [name, file] : files.items()) {
        if (file.value("kind", "") == "folder" || file.at("verdict") == "refuse" ||
            otherRefusals.contains(name))
            continue;
        SCOPED_TRACE(name);
        const auto checkpoint = openCheckpoint(zoo() / name);
        ASSERT_TRUE(checkpoint) << checkpoint.error().message();
        const std::map<std::string, std::string> formats = {{"torch-zip", "pytorch-zip"},
                                                            {"torch-legacy", "pytorch-legacy"},
                                                            {"safetensors", "safetensors"},
                                                            {"hdf5", "hdf5"}};
        EXPECT_EQ((*checkpoint)->format(), formats.at(file.at("format")));
        compareTensors(**checkpoint, file);
        if (const auto words = notes.find(name); words != notes.end())
            EXPECT_NE(joined((*checkpoint)->notes()).find(words->second), std::string::npos)
                << joined((*checkpoint)->notes());
        else
            EXPECT_NE(file.at("verdict"), "note") << "a note is expected";
        ++opened;
    }
    EXPECT_EQ(opened, 54);
}

TEST(Zoo, RefusesWhatIsNoCheckpointAndSaysWhy) {
    std::set<std::string> seen;
    const Json files = expected();
    for (const auto& [name, file] : files.items())
        if (file.at("verdict") == "refuse")
            seen.insert(name);
    EXPECT_EQ(seen.size(), refusals.size());
    for (const auto& list : {refusals, otherRefusals}) {
        for (const auto& [name, words] : list) {
            SCOPED_TRACE(name);
            const auto checkpoint = openCheckpoint(zoo() / name);
            ASSERT_FALSE(checkpoint);
            EXPECT_NE(checkpoint.error().text.find(words), std::string::npos)
                << checkpoint.error().message();
            EXPECT_FALSE(checkpoint.error().advice.empty());
            EXPECT_NE(checkpoint.error().message().find(name), std::string::npos);
        }
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
