// SPDX-License-Identifier: GPL-3.0-or-later
// The commands that train, as processes on the built-in example.
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace heirloom {
namespace {

using nlohmann::json;

const std::string samples =
    (test::dataFolder().parent_path().parent_path() / "resources/samples").string();
const std::string digits = samples + "/digits.h5";
const std::string digitsTeacher = samples + "/digits-vit.safetensors";

test::ProcessAnswer cli(std::vector<std::string> words) {
    words.insert(words.begin(), HEIRLOOM_CLI);
    return test::runProcess(words);
}

std::vector<json> jsonLines(const std::string& text) {
    std::vector<json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(json::parse(line));
    return lines;
}

TEST(TrainingCommands, TheSampleTeacherReadsAtLeast965OfThousandHeldOutDigits) {
    const auto answer = cli({"evaluate", digitsTeacher, "--data", digits, "--json"});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const auto object = json::parse(answer.output);
    EXPECT_EQ(object["total"], 360);
    EXPECT_GE(object["correct"].get<int>(), 348);
    EXPECT_GT(object["loss"].get<double>(), 0);
}

TEST(TrainingCommands, FinetuneReportsStepsAndEpochsAndWritesBothRuns) {
    const test::TemporaryFolder folder;
    const auto student = (folder / "student.safetensors").string();
    ASSERT_EQ(cli({"select",
                   digitsTeacher,
                   "--student",
                   "vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=10",
                   "-o",
                   student})
                  .exitCode,
              0);
    const auto out = (folder / "run").string();
    const auto answer = cli({"finetune",
                             student,
                             "--data",
                             digits,
                             "--epochs",
                             "2",
                             "--out",
                             out,
                             "--batch-size",
                             "64",
                             "--baseline",
                             "--json",
                             "--threads",
                             "1"});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    int steps[2] = {0, 0};
    int evaluations[2] = {0, 0};
    for (const auto& line : jsonLines(answer.output)) {
        const int run = line["run"] == "student" ? 0 : 1;
        if (line.contains("loss")) {
            ++steps[run];
            EXPECT_EQ(line["step"], steps[run]);
        } else {
            EXPECT_EQ(line["epoch"], evaluations[run]);
            ++evaluations[run];
            EXPECT_GE(line["val_top1"].get<double>(), 0);
            EXPECT_LE(line["val_top1"].get<double>(), 1);
        }
    }
    const int stepsAnEpoch = (1437 + 63) / 64;
    for (const int run : {0, 1}) {
        EXPECT_EQ(steps[run], 2 * stepsAnEpoch);
        EXPECT_EQ(evaluations[run], 3);
    }
    for (const std::string name : {"student.safetensors", "random.safetensors"}) {
        const auto checkpoint = openCheckpoint(std::filesystem::path(out) / name);
        EXPECT_TRUE(checkpoint) << checkpoint.error().message();
    }
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(out) / "metrics.jsonl"));
}

TEST(TrainingCommands, TheExampleIsBetterSelectedThanRandom) {
    const test::TemporaryFolder folder;
    const auto answer =
        cli({"example", "--json", "--seed", "1", "--epochs", "8", "--out", folder.path().string()});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const auto object = json::parse(answer.output);
    EXPECT_GT(object["selected_top1"].get<double>(), object["random_top1"].get<double>() + 0.3);
    const auto student = openCheckpoint(object["student"].get<std::string>());
    EXPECT_TRUE(student) << student.error().message();
}

TEST(TrainingCommands, AResultIsNeverWrittenOverTheFileItStartedFrom) {
    const test::TemporaryFolder folder;
    const auto own = folder / "student.safetensors";
    std::filesystem::copy_file(digitsTeacher, own);
    const auto answer = cli({"finetune",
                             own.string(),
                             "--data",
                             digits,
                             "--epochs",
                             "1",
                             "--out",
                             folder.path().string()});
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_TRUE(answer.output.empty()) << "refused before the first step: " << answer.output;
    EXPECT_EQ(std::filesystem::file_size(own), std::filesystem::file_size(digitsTeacher));
}

/// The signal comes with the call that takes the new file's space: the run is over, its weights are
/// being written.
TEST(TrainingCommands, AnInterruptWhileTheWeightsAreWrittenLeavesTheOldOnes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer does not work in a traced program";
#endif
    const std::filesystem::path strace = "/usr/bin/strace";
    if (!std::filesystem::exists(strace))
        GTEST_SKIP() << "strace is not installed";
    const test::TemporaryFolder folder;
    const auto old = folder / "student.safetensors";
    const auto log = folder / "log";
    std::ofstream(old) << "old";
    const auto answer = test::runProcess({strace.string(),
                                          "-o",
                                          log.string(),
                                          "-e",
                                          "trace=fallocate",
                                          "-e",
                                          "inject=fallocate:signal=SIGINT",
                                          HEIRLOOM_CLI,
                                          "example",
                                          "--epochs",
                                          "1",
                                          "--out",
                                          folder.path().string()});
    if (!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0)
        GTEST_SKIP() << "strace does not work here: " << answer.errors;
    EXPECT_EQ(answer.exitCode, 130) << answer.output;
    EXPECT_NE(answer.errors.find("the export was stopped; nothing was written"), std::string::npos)
        << answer.errors;
    std::ifstream kept(old);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "old");
}

TEST(TrainingCommands, AnOptionOutOfRangeIsRefusedWithItsRange) {
    const test::TemporaryFolder folder;
    const auto answer = cli({"finetune",
                             digitsTeacher,
                             "--data",
                             digits,
                             "--epochs",
                             "0",
                             "--out",
                             folder.path().string()});
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_NE(answer.errors.find("epochs"), std::string::npos) << answer.errors;
}

TEST(TrainingCommands, ADivergingRunStopsAndKeepsItsLastFiniteWeights) {
    const test::TemporaryFolder folder;
    const auto answer = cli({"finetune",
                             digitsTeacher,
                             "--data",
                             digits,
                             "--epochs",
                             "1",
                             "--out",
                             folder.path().string(),
                             "--optimizer",
                             "sgd",
                             "--lr",
                             "1e30"});
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_NE(answer.errors.find("step"), std::string::npos) << answer.errors;
    EXPECT_TRUE(std::filesystem::exists(folder / "student.safetensors"));
}

} // namespace
} // namespace heirloom
