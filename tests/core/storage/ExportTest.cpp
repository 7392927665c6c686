// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Export.h"

#include "core/base/Random.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/Families.h"
#include "core/storage/DiskSpace.h"
#include "tests/support/FaultyFiles.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
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
    const StateDict weights = someWeights();
    ASSERT_TRUE(exportStudent(weights, to(folder / "student.safetensors")));
    const auto size = static_cast<std::int64_t>(contentOf(folder / "student.safetensors").size());
    write(folder / "student.safetensors", "old");
    // A disk that turns a bit: in the last element of the weight, before the three of the bias.
    test::FaultyFiles files;
    files.turnBitAt = size - 3 * 4 - 1;
    ExportOptions options = to(folder / "student.safetensors");
    options.files = &files;
    const auto report = exportStudent(weights, options);
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().text.find("blocks.0.fc.weight"), std::string::npos)
        << report.error().message();
    EXPECT_EQ(contentOf(folder / "student.safetensors"), "old");
    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
}

TEST(Export, LeavesTheOldFileWhateverCallFails) {
    for (const auto& [name, format] :
         {std::pair{"student.safetensors", CheckpointFormat::Safetensors},
          {"student.pth", CheckpointFormat::PyTorchZip},
          {"student.h5", CheckpointFormat::Hdf5}}) {
        const test::TemporaryFolder folder;
        write(folder / name, "old");
        test::FaultyFiles counting;
        ExportOptions options = to(folder / name, format);
        options.files = &counting;
        ASSERT_TRUE(exportStudent(someWeights(), options));
        ASSERT_GT(counting.calls(), 5);
        for (const bool keepsFailing : {false, true})
            for (int call = 0; call < counting.calls() - 1; ++call)
                for (const int reason : {ENOSPC, EIO}) {
                    SCOPED_TRACE(fmt::format("{} call {} reason {}", name, call, reason));
                    write(folder / name, "old");
                    test::FaultyFiles files;
                    files.failAt = call;
                    files.reason = reason;
                    files.keepsFailing = keepsFailing;
                    options.files = &files;
                    const auto report = exportStudent(someWeights(), options);
                    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
                    EXPECT_EQ(files.openFiles(), 0);
                    if (files.failed == "open without a name" && !keepsFailing)
                        continue; // by another way
                    ASSERT_FALSE(report) << files.failed;
                    EXPECT_EQ(contentOf(folder / name), "old") << files.failed;
                    EXPECT_EQ(report.error().where, (folder / name).string());
                    if (reason == ENOSPC) {
                        EXPECT_NE(report.error().advice.find("Free some space"), std::string::npos);
                    }
                }
    }
}

TEST(Export, WritesShardsWithTheirIndex) {
    const test::TemporaryFolder folder;
    StateDict weights = someWeights();
    weights.set("last", HostTensor::fromFloats({5}, std::vector<float>(5, 0.5F)));
    ExportOptions options = to(folder / "student.safetensors");
    options.metadata = {{"heirloom.model", "vit"}};
    options.maxShardBytes = 50; // 48, 12, 8, 0, 20 bytes
    const auto report = exportStudent(weights, options);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->verified);
    EXPECT_EQ(report->tensors, 5);
    const std::vector<std::string> shards = {"student-00001-of-00002.safetensors",
                                             "student-00002-of-00002.safetensors"};
    ASSERT_EQ(report->files,
              (std::vector<std::filesystem::path>{folder / shards[0],
                                                  folder / shards[1],
                                                  folder / "student.safetensors.index.json"}));
    EXPECT_EQ(namesIn(folder.path()).size(), 3U);
    const auto index = nlohmann::json::parse(contentOf(folder / "student.safetensors.index.json"));
    EXPECT_EQ(index.at("metadata").at("total_size"), 88);
    EXPECT_EQ(index.at("weight_map").size(), 5U);
    EXPECT_EQ(index.at("weight_map").at("blocks.0.fc.weight"), shards[0]);
    EXPECT_EQ(index.at("weight_map").at("last"), shards[1]);
    std::size_t found = 0;
    for (const std::string& shard : shards) {
        const auto opened = openCheckpoint(folder / shard);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ((*opened)->metadata().at("heirloom.model"), "vit");
        for (const TensorInfo& tensor : (*opened)->tensors()) {
            EXPECT_EQ(index.at("weight_map").at(tensor.name), shard);
            EXPECT_EQ((*opened)->read(tensor).value(), *weights.find(tensor.name));
            ++found;
        }
    }
    EXPECT_EQ(found, 5U);
}

TEST(Export, TellsOfShardsThatAnEarlierExportLeft) {
    const test::TemporaryFolder folder;
    StateDict weights = someWeights();
    weights.set("last", HostTensor::fromFloats({5}, std::vector<float>(5, 0.5F)));
    ExportOptions options = to(folder / "a+b.c.safetensors");
    options.maxShardBytes = 50;
    const auto first = exportStudent(weights, options);
    ASSERT_TRUE(first && first->files.size() == 3);
    EXPECT_EQ(leftoverText(*first), "");
    write(folder / "a+b.c-1-of-2.safetensors", "not one of ours");
    write(folder / "aab.c-00001-of-00002.safetensors", "nor this");
    options.maxShardBytes = 20;
    const auto second = exportStudent(weights, options);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->leftovers, (std::vector{first->files[0], first->files[1]}));
    EXPECT_EQ(leftoverText(*second),
              "2 shards of an earlier export are still there, the first of them "
              "a+b.c-00001-of-00002.safetensors");
    EXPECT_TRUE(openCheckpoint(second->files.back()));
}

TEST(Export, NeverWritesAShardOverAnOpenFile) {
    const test::TemporaryFolder folder;
    write(folder / "student-00002-of-00002.safetensors", "teacher");
    ExportOptions options = to(folder / "student.safetensors");
    options.maxShardBytes = 50;
    options.openFiles = {folder / "student-00002-of-00002.safetensors"};
    EXPECT_FALSE(exportStudent(someWeights(), options));
    EXPECT_EQ(contentOf(folder / "student-00002-of-00002.safetensors"), "teacher");
    EXPECT_EQ(namesIn(folder.path()).size(), 1U);
}

TEST(Export, LeavesNoShardWhenTheLastOneFails) {
    const test::TemporaryFolder folder;
    ExportOptions options = to(folder / "student.safetensors");
    options.maxShardBytes = 50;
    test::FaultyFiles counting;
    options.files = &counting;
    ASSERT_TRUE(exportStudent(someWeights(), options));
    const auto written = namesIn(folder.path()).size();
    EXPECT_EQ(written, 3U);
    for (int call = 0; call < counting.calls(); ++call) {
        const test::TemporaryFolder empty;
        test::FaultyFiles files;
        files.failAt = call;
        files.reason = EIO;
        options = to(empty / "student.safetensors");
        options.maxShardBytes = 50;
        options.files = &files;
        const auto report = exportStudent(someWeights(), options);
        if (files.failed == "write" || files.failed == "resize") {
            EXPECT_FALSE(report);
            EXPECT_TRUE(namesIn(empty.path()).empty()) << call;
        }
        for (const std::string& name : namesIn(empty.path()))
            EXPECT_FALSE(name.ends_with(".part")) << files.failed;
    }
}

TEST(Export, ConvertsFloatsAndCountsWhatIsTooLarge) {
    const test::TemporaryFolder folder;
    StateDict weights = someWeights();
    weights.set("large", HostTensor::fromFloats({4}, std::array{1e6F, 2.0F, -7e4F, 0.1F}));
    ExportOptions options = to(folder / "student.safetensors");
    options.dtype = DType::F16;
    const auto report = exportStudent(weights, options);
    ASSERT_TRUE(report) << report.error().message();
    ASSERT_EQ(report->overflows.size(), 1U);
    EXPECT_EQ(report->overflows[0].tensor, "large");
    EXPECT_EQ(overflowText(report->overflows, DType::F16),
              "2 values of large were too large and became infinity (65504 is the largest of F16)");
    const auto opened = openCheckpoint(folder / "student.safetensors");
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->find("large")->dtype, DType::F16);
    EXPECT_EQ((*opened)->find("blocks.0.norm.num_batches_tracked")->dtype, DType::I64);
    EXPECT_EQ(toFloats((*opened)->read("large").value())[1], 2.0F);
    EXPECT_EQ(overflowText({}, DType::F16), "");
    EXPECT_EQ(overflowText({{"a", 1}, {"b", 1}}, DType::F8E4M3),
              "2 values of 2 tensors were too large and became 448, the largest of F8_E4M3");
}

TEST(Export, KeepsANamePrefixThatAllTensorsShare) {
    const test::TemporaryFolder folder;
    StateDict weights;
    weights.set("module.a", HostTensor::fromFloats({1}, std::array{1.0F}));
    weights.set("module.b", HostTensor::fromFloats({1}, std::array{2.0F}));
    const auto report =
        exportStudent(weights, to(folder / "student.pth", CheckpointFormat::PyTorchZip));
    EXPECT_TRUE(report) << report.error().message();
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
    const TeacherIdentity teacherFile{
        "vit_small_patch16_224:depth=2", "teacher.safetensors", "v1:x"};
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
