// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Export.h"

#include "core/base/Random.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/Families.h"
#include "core/storage/DiskSpace.h"
#include "tests/support/FillCheckpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace heirloom {
namespace {

StateDict someWeights() {
    StateDict weights;
    std::vector<float> values(12);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(i) - 0.1F;
    weights.set("blocks.0.fc.weight", HostTensor::fromFloats({3, 4}, values));
    weights.set(
        "blocks.0.fc.bias",
        HostTensor::fromFloats({3}, std::vector<float>(values.begin(), values.begin() + 3)));
    HostTensor count = HostTensor::zeros(DType::I64, {});
    const std::int64_t batches = 781;
    std::memcpy(count.bytes.data(), &batches, sizeof batches);
    weights.set("blocks.0.norm.num_batches_tracked", count);
    weights.set("empty", HostTensor::zeros(DType::F32, {0, 4}));
    return weights;
}

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> namesIn(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename());
    return names;
}

ExportOptions to(const std::filesystem::path& path,
                 CheckpointFormat format = CheckpointFormat::Safetensors) {
    ExportOptions options;
    options.path = path;
    options.format = format;
    return options;
}

TEST(Export, WritesEachFormatSoThatItReadsBackEqual) {
    const test::TemporaryFolder folder;
    const StateDict weights = someWeights();
    for (const auto& [name, format] :
         {std::pair{"student.safetensors", CheckpointFormat::Safetensors},
          {"student.pth", CheckpointFormat::PyTorchZip},
          {"student.h5", CheckpointFormat::Hdf5}}) {
        ExportOptions options = to(folder / name, format);
        options.metadata = {{"heirloom.model", "vit_tiny_patch16_224"}};
        const auto report = exportStudent(weights, options);
        ASSERT_TRUE(report) << name << ": " << report.error().message();
        EXPECT_TRUE(report->verified);
        EXPECT_EQ(report->tensors, 4);
        const std::string content = contentOf(folder / name);
        EXPECT_EQ(report->bytes, content.size());
        EXPECT_EQ(report->sha256, sha256Hex(std::as_bytes(std::span(content))));
        const auto read = openCheckpoint(folder / name);
        ASSERT_TRUE(read) << name << ": " << read.error().message();
        EXPECT_EQ((*read)->metadata().at("heirloom.model"), "vit_tiny_patch16_224");
        for (const auto& [tensor, expected] : weights.entries())
            EXPECT_EQ((*read)->read(tensor).value(), expected) << name << " " << tensor;
    }
    EXPECT_EQ(namesIn(folder.path()).size(), 3U); // no temporary is left
}

TEST(Export, NeverWritesOverAnOpenFileUnderAnyOfItsNames) {
    const test::TemporaryFolder folder;
    write(folder / "teacher.safetensors", "teacher");
    std::filesystem::create_symlink(folder / "teacher.safetensors", folder / "link.safetensors");
    std::filesystem::create_hard_link(folder / "teacher.safetensors", folder / "hard.safetensors");
    std::filesystem::create_directory(folder / "sub");
    for (const auto& name : {folder / "teacher.safetensors",
                             folder / "link.safetensors",
                             folder / "hard.safetensors",
                             folder / "sub" / ".." / "teacher.safetensors"}) {
        ExportOptions options = to(name);
        options.openFiles = {folder / "other.pth", folder / "teacher.safetensors"};
        const auto report = exportStudent(someWeights(), options);
        ASSERT_FALSE(report) << name;
        EXPECT_NE(report.error().message().find("open"), std::string::npos);
    }
    EXPECT_EQ(contentOf(folder / "teacher.safetensors"), "teacher");
}

TEST(Export, ReplacesAnOlderFileThatIsNotOpen) {
    const test::TemporaryFolder folder;
    write(folder / "student.safetensors", "old");
    ASSERT_TRUE(exportStudent(someWeights(), to(folder / "student.safetensors")));
    EXPECT_TRUE(openCheckpoint(folder / "student.safetensors"));
}

TEST(Export, SaysThatAFolderIsMissing) {
    const test::TemporaryFolder folder;
    const auto report =
        exportStudent(someWeights(), to(folder / "missing" / "student.safetensors"));
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().where.find("missing"), std::string::npos);
    EXPECT_NE(report.error().text.find("no such folder"), std::string::npos);
}

TEST(Export, RefusesATargetThatIsNoFile) {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "student.safetensors");
    EXPECT_FALSE(exportStudent(someWeights(), to(folder / "student.safetensors")));
    EXPECT_FALSE(exportStudent(someWeights(), to("/dev/null")));
}

TEST(Export, RefusesAReadOnlyFolderAndAReadOnlyFile) {
    if (geteuid() == 0)
        GTEST_SKIP() << "root may write anywhere";
    const test::TemporaryFolder folder;
    write(folder / "kept.safetensors", "kept");
    std::filesystem::permissions(folder / "kept.safetensors", std::filesystem::perms::owner_read);
    EXPECT_FALSE(exportStudent(someWeights(), to(folder / "kept.safetensors")));
    std::filesystem::permissions(
        folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_FALSE(exportStudent(someWeights(), to(folder / "student.safetensors")));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
    EXPECT_EQ(contentOf(folder / "kept.safetensors"), "kept");
}

TEST(Export, LeavesTheOldFileWhenStopped) {
    const test::TemporaryFolder folder;
    write(folder / "student.safetensors", "old");
    std::stop_source stop;
    const auto report = exportStudent(someWeights(),
                                      to(folder / "student.safetensors"),
                                      stop.get_token(),
                                      [&](double share, std::string_view) {
                                          if (share >= 0.5)
                                              stop.request_stop();
                                      });
    ASSERT_FALSE(report);
    EXPECT_EQ(contentOf(folder / "student.safetensors"), "old");
    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
}

TEST(Export, NamesTheTensorThatDidNotReadBackAndKeepsTheOldFile) {
    const test::TemporaryFolder folder;
    write(folder / "student.safetensors", "old");
    const StateDict weights = someWeights();
    // A disk that turns a bit: the file is changed between writing and verifying.
    const auto report = exportStudent(
        weights, to(folder / "student.safetensors"), {}, [&](double share, std::string_view what) {
            if (share != 0.5 || what != "verifying")
                return;
            for (const std::string& name : namesIn(folder.path())) {
                if (name == "student.safetensors")
                    continue;
                std::string content = contentOf(folder / name);
                const float needle = weights.find("blocks.0.fc.weight")->floats()[11];
                std::array<char, 4> bytes{};
                std::memcpy(bytes.data(), &needle, 4);
                const std::size_t at = content.find(std::string_view(bytes.data(), 4));
                ASSERT_NE(at, std::string::npos);
                content[at] = static_cast<char>(content[at] ^ 1);
                write(folder / name, content);
            }
        });
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().text.find("blocks.0.fc.weight"), std::string::npos)
        << report.error().message();
    EXPECT_EQ(contentOf(folder / "student.safetensors"), "old");
    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
}

TEST(DiskSpace, SaysHowMuchIsMissingAndWhere) {
    const test::TemporaryFolder folder;
    EXPECT_TRUE(requireSpace(folder.path(), 1));
    const auto status = requireSpace(folder.path(), std::uint64_t{1} << 62U);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message().find("needs "), std::string::npos);
    EXPECT_NE(status.error().message().find("nothing was overwritten"), std::string::npos);
    EXPECT_TRUE(folder.path().string().starts_with(status.error().where));
}

TEST(SelectionMetadata, TellsHowTheStudentWasMade) {
    auto teacher = modelFromName("vit_small_patch16_224:depth=2");
    auto student = modelFromName("vit_tiny_patch16_224:depth=2,num_classes=10");
    ASSERT_TRUE(teacher && student);
    SelectionOptions options;
    options.seed = 7;
    ElementSelection consecutive;
    consecutive.strategy = "consecutive";
    options.spaces = {{"blocks.*.mlp", consecutive}};
    const auto plan = planSelection(std::make_shared<const ModelSpec>(std::move(*teacher)),
                                    std::make_shared<const ModelSpec>(std::move(*student)),
                                    options,
                                    nullptr);
    ASSERT_TRUE(plan) << plan.error().message();
    const TeacherIdentity teacherFile{"vit_small_patch16_224:depth=2", "teacher.safetensors", "v1:x"};
    const Metadata metadata = selectionMetadata(*plan, recipeOf(*plan, teacherFile));
    EXPECT_EQ(metadata.at("heirloom.teacher"), "teacher.safetensors");
    EXPECT_EQ(metadata.at("heirloom.model"), canonicalName(*plan->student));
    EXPECT_FALSE(metadata.at("heirloom.version").empty());
    const auto recipe = parseRecipe(metadata.at("heirloom.recipe"), "metadata");
    ASSERT_TRUE(recipe) << recipe.error().message();
    EXPECT_EQ(recipe->options.seed, 7U);
    EXPECT_EQ(recipe->options.elementFor("blocks.1.mlp").strategy, "consecutive");
    EXPECT_EQ(recipe->options.elementFor("blocks.1.heads").strategy, "uniform");
    const auto fresh = nlohmann::json::parse(metadata.at("heirloom.fresh"));
    ASSERT_EQ(fresh.size(), static_cast<std::size_t>(plan->freshCount()));
    EXPECT_GE(fresh.size(), 1U);
    EXPECT_EQ(fresh[0]["seed"], plan->find(fresh[0]["name"].get<std::string>())->seed);
}

} // namespace
} // namespace heirloom
