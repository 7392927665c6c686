// SPDX-License-Identifier: GPL-3.0-or-later
// heirloom-cli inspect --hash beside what Python says of the same files, and folders as words.
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace heirloom {
namespace {

using nlohmann::json;

json golden(const std::string& folder) {
    std::ifstream file(test::dataFolder() / "golden" / folder / "expected.json");
    return json::parse(file);
}

json inspect(const std::filesystem::path& path) {
    const auto answer =
        test::runProcess({HEIRLOOM_CLI, "inspect", "--json", "--hash", path.string()});
    EXPECT_EQ(answer.exitCode, 0) << answer.errors;
    return json::parse(answer.output, nullptr, false);
}

std::string nameOf(const json& row) {
    return row.contains("name") ? row.at("name").get<std::string>()
                                : row.at("path").at(0).get<std::string>();
}

/// Shape and hash must be Python's; a hash is there where the tensor can be read.
void compare(const json& found, const json& rows) {
    ASSERT_EQ(found.at("tensors").size(), rows.size());
    std::map<std::string, json> byName;
    for (const auto& tensor : found.at("tensors"))
        byName[tensor.at("name")] = tensor;
    for (const auto& row : rows) {
        const auto name = nameOf(row);
        SCOPED_TRACE(name);
        ASSERT_TRUE(byName.contains(name));
        EXPECT_EQ(byName[name].value("sha256", ""), row.value("sha256", ""));
        EXPECT_EQ(byName[name].at("shape"), row.at("shape"));
    }
}

TEST(InspectHash, IsWhatPythonSaysOfTheSameTensors) {
    const json zoo = golden("zoo").at("files");
    for (const char* name : {"single.safetensors", "hf_sharded", "hf_bin_sharded", "timm_folder"}) {
        SCOPED_TRACE(name);
        const json& rows = zoo.at(name).at("tensors");
        compare(inspect(test::dataFolder() / "golden/zoo" / name), rows);
    }
    const json gguf = golden("gguf");
    for (const auto& [name, rows] : gguf.items())
        compare(inspect(test::dataFolder() / "golden/gguf" / name), rows);
    const json numpy = golden("numpy");
    for (const auto& [name, file] : numpy.items())
        compare(inspect(test::dataFolder() / "golden/numpy" / name), file.at("tensors"));
}

TEST(InspectHash, StandsInTheTableToo) {
    const auto file = test::dataFolder() / "golden/gguf/small.gguf";
    const auto answer = test::runProcess({HEIRLOOM_CLI, "inspect", "--hash", file.string()});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const std::string hash = golden("gguf").at("small.gguf").at(0).at("sha256");
    EXPECT_NE(answer.output.find("  " + hash + "\n"), std::string::npos) << answer.output;
    EXPECT_NE(answer.output.find("  -\n"), std::string::npos) << "quantised tensors have none";
}

TEST(InspectHash, SaysWhichCheckpointsAFolderHolds) {
    const auto answer =
        test::runProcess({HEIRLOOM_CLI, "inspect", (test::dataFolder() / "golden/gguf").string()});
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_NE(answer.errors.find("the folder holds 3 checkpoints"), std::string::npos)
        << answer.errors;
}

TEST(InspectList, OfVeryManyTensorsIsNotComparedWithTheFamilies) {
    const test::TemporaryFolder folder;
    std::string header = "{";
    constexpr int count = 200'001;
    for (int i = 0; i < count; ++i)
        header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) +
                  R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    header += "}";
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i)
        length[i] = static_cast<char>(header.size() >> (8 * i));
    std::ofstream(folder / "many.safetensors", std::ios::binary) << length << header;
    const auto answer = test::runProcess(
        {HEIRLOOM_CLI, "inspect", "--json", (folder / "many.safetensors").string()});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const auto found = json::parse(answer.output);
    EXPECT_EQ(found.at("family"), "unknown");
    EXPECT_EQ(found.at("tensors").size(), static_cast<std::size_t>(count));
    EXPECT_EQ(found.at("notes").at(0),
              "with 200001 tensors it was not compared with the known families");
}

} // namespace
} // namespace heirloom
