// SPDX-License-Identifier: GPL-3.0-or-later
// Files as NumPy and the gguf package write them: golden/numpy and golden/gguf, each with the
// script that made it.
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace heirloom {
namespace {

using Json = nlohmann::json;

class GoldenFiles : public testing::TestWithParam<const char*> {
protected:
    [[nodiscard]] static std::filesystem::path folder() {
        return test::dataFolder() / "golden" / GetParam();
    }
    [[nodiscard]] static Json expected() {
        std::ifstream file(folder() / "expected.json");
        return Json::parse(file);
    }
};

TEST_P(GoldenFiles, ListTheTensorsThatPythonReads) {
    const Json files = expected();
    for (const auto& [name, file] : files.items()) {
        SCOPED_TRACE(name);
        const Json& rows = file.is_array() ? file : file.at("tensors");
        const auto checkpoint = openCheckpoint(folder() / name);
        ASSERT_TRUE(checkpoint) << checkpoint.error().message();
        EXPECT_EQ((*checkpoint)->format(), file.is_array() ? "gguf" : file.at("format"));
        ASSERT_EQ((*checkpoint)->tensors().size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const TensorInfo& tensor = (*checkpoint)->tensors()[i];
            SCOPED_TRACE(tensor.name);
            EXPECT_EQ(tensor.name, rows[i].at("name"));
            EXPECT_EQ(tensor.shape, rows[i].at("shape").get<Shape>());
            EXPECT_EQ(dtypeName(tensor.dtype), rows[i].at("dtype"));
            const auto read = (*checkpoint)->read(tensor);
            ASSERT_EQ(read.has_value(), rows[i].contains("sha256"));
            if (!read)
                continue;
            EXPECT_EQ(sha256Hex(read->bytes), rows[i].at("sha256"));
            const std::int64_t count = tensor.shape.empty() ? 1 : tensor.shape[0];
            for (std::int64_t row = 0; row < count; ++row) {
                const auto rowBytes = tensor.bytes() / count;
                std::vector<std::byte> part(static_cast<std::size_t>(rowBytes));
                ASSERT_TRUE((*checkpoint)->readRows(tensor, row, 1, part));
                EXPECT_TRUE(
                    std::equal(part.begin(), part.end(), read->bytes.begin() + row * rowBytes));
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats,
                         GoldenFiles,
                         testing::Values("numpy", "gguf"),
                         [](const auto& row) { return std::string(row.param); });

TEST(Gguf, KeepsShortValuesAsTextAndSaysWhatIsQuantised) {
    const auto opened = openCheckpoint(test::dataFolder() / "golden/gguf/small.gguf");
    ASSERT_TRUE(opened);
    const auto& metadata = (*opened)->metadata();
    EXPECT_EQ(metadata.at("general.architecture"), "llama");
    EXPECT_EQ(metadata.at("general.name"), "größe");
    EXPECT_EQ(metadata.at("llama.block_count"), "2");
    EXPECT_EQ(metadata.at("llama.rope.freq_base"), "10000.5");
    EXPECT_EQ(metadata.at("general.flag"), "true");
    EXPECT_FALSE(metadata.contains("tokenizer.ggml.tokens"));
    EXPECT_EQ((*opened)->notes(),
              std::vector<std::string>{"2 quantised tensors (Q4_0, Q8_0) not supported"});
}

TEST(Numpy, SaysWhatItDoesNotRead) {
    const auto notesOf = [](const char* name) {
        return (*openCheckpoint(test::dataFolder() / "golden/numpy" / name))->notes();
    };
    using Notes = std::vector<std::string>;
    EXPECT_EQ(notesOf("objects.npy"), Notes{"1 array of Python objects not supported"});
    EXPECT_EQ(notesOf("records.npy"), Notes{"1 array of records not supported"});
    EXPECT_EQ(notesOf("complex.npy"), Notes{"1 array of type <c8 not supported"});
}

} // namespace
} // namespace heirloom
