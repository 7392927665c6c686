// SPDX-License-Identifier: GPL-3.0-or-later
// Drives heirloom-cli advise, strategies and the cost that inspect tells.
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/RuleList.h"
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace heirloom {
namespace {

using nlohmann::json;
using test::ProcessAnswer;

ProcessAnswer cli(std::vector<std::string> words) {
    words.insert(words.begin(), HEIRLOOM_CLI);
    return test::runProcess(words);
}

/// The one JSON value that a run printed.
json jsonOf(const ProcessAnswer& answer) {
    EXPECT_EQ(answer.exitCode, 0) << answer.errors;
    return json::parse(answer.output, nullptr, false);
}

void expectRefusal(const ProcessAnswer& answer, const std::string& part) {
    EXPECT_EQ(answer.exitCode, 1) << answer.output << answer.errors;
    EXPECT_NE(answer.errors.find(part), std::string::npos) << answer.errors;
    EXPECT_TRUE(answer.output.empty()) << answer.output;
}

TEST(AdviseCommand, ListsStudentsThatFitABudgetAsJson) {
    const auto answer = jsonOf(
        cli({"advise", "vit_small_patch16_224", "--budget", "params=6M", "--top", "3", "--json"}));
    ASSERT_TRUE(answer.is_object());
    EXPECT_EQ(answer["parameters"], 22050664);
    ASSERT_EQ(answer["students"].size(), 3U);
    const auto& best = answer["students"][0];
    EXPECT_EQ(best["model"], "vit_tiny_patch16_224");
    EXPECT_EQ(best["parameters"], 5717416);
    EXPECT_EQ(best["bytes"], 4 * 5717416);
    EXPECT_EQ(best["whole_heads"], true);
    EXPECT_EQ(best["layers"], 12);
    for (const auto& student : answer["students"])
        EXPECT_LE(student["parameters"].get<std::int64_t>(), 6'000'000);
}

TEST(AdviseCommand, AdvisesAWordThatSelectUnderstands) {
    const test::TemporaryFolder folder;
    const auto spec = modelFromName("vit:dim=64,depth=4,heads=8,patch=2,image=8,channels=1,num_classes=10");
    ASSERT_TRUE(spec);
    const auto teacher = (folder / "teacher.safetensors").string();
    ASSERT_TRUE(writeCheckpoint(teacher,
                                CheckpointFormat::Safetensors,
                                randomStudent(*spec, 7),
                                {{"heirloom.model", canonicalName(*spec)}}));
    const auto answer = jsonOf(cli({"advise", teacher, "--budget", "bytes=300kB", "--json"}));
    ASSERT_FALSE(answer["students"].empty());
    for (const auto& student : answer["students"]) {
        const auto made = cli({"select",
                               teacher,
                               "--student",
                               student["model"].get<std::string>(),
                               "-o",
                               (folder / "student.safetensors").string()});
        EXPECT_EQ(made.exitCode, 0) << student["model"] << ": " << made.errors;
    }
}

TEST(AdviseCommand, RanksTeachersForAStudentWithTheReasons) {
    const auto answer = jsonOf(cli({"advise",
                                    "--student",
                                    "vit_tiny_patch16_224",
                                    "vit_base_patch16_224",
                                    "vit_small_patch16_224",
                                    "resnet18",
                                    "--json"}));
    ASSERT_EQ(answer["teachers"].size(), 3U);
    EXPECT_EQ(answer["teachers"][0]["model"], "vit_small_patch16_224");
    EXPECT_EQ(answer["teachers"][1]["model"], "vit_base_patch16_224");
    EXPECT_EQ(answer["teachers"][2]["possible"], false);
    EXPECT_NE(answer["teachers"][2]["obstacle"].get<std::string>().find("family"),
              std::string::npos);
}

TEST(AdviseCommand, RefusesWhatItCannotAnswer) {
    expectRefusal(cli({"advise", "vit_small_patch16_224"}), "neither a budget nor a student");
    expectRefusal(cli({"advise", "vit_small_patch16_224", "--budget", "6M"}),
                  "expected params, macs or bytes");
    expectRefusal(cli({"advise", "vit_small_patch16_224", "--budget", "params=10"}),
                  "the smallest that was tried needs");
    expectRefusal(
        cli({"advise", "vit_small_patch16_224", "resnet18", "--budget", "params=6M"}),
        "one teacher is needed, found 2");
    expectRefusal(cli({"advise", "nowhere.safetensors", "--budget", "params=6M"}), "no such file");
    EXPECT_EQ(cli({"advise", "a", "--budget", "params=6M", "--student", "b"}).exitCode, 2);
}

TEST(InspectCommand, TellsParametersMacsAndBytes) {
    const test::TemporaryFolder folder;
    const auto spec = modelFromName("resnet20");
    ASSERT_TRUE(spec);
    const auto file = (folder / "net.safetensors").string();
    ASSERT_TRUE(
        writeCheckpoint(file, CheckpointFormat::Safetensors, randomStudent(*spec, 7), {}));
    const auto answer = jsonOf(cli({"inspect", file, "--json"}));
    EXPECT_EQ(answer["parameters"], 269722);
    EXPECT_EQ(answer["macs"], 442368 + 16 * 2359296 + 2 * 1179648 + 640);
    std::int64_t bytes = 0;
    for (const auto& parameter : spec->parameters)
        bytes += elementCount(parameter.shape).value_or(0) * dtypeSize(parameter.dtype);
    EXPECT_EQ(answer["bytes"], bytes);
    const auto table = cli({"inspect", file});
    EXPECT_NE(table.output.find("40.6 M MACs"), std::string::npos) << table.output;
}

TEST(StrategiesCommand, ListsEveryRuleOnceInEachForm) {
    const auto answer = jsonOf(cli({"strategies", "--json"}));
    ASSERT_EQ(answer.size(), ruleList().size());
    const auto table = cli({"strategies"});
    for (const auto& rule : answer) {
        EXPECT_FALSE(rule["meaning"].get<std::string>().empty()) << rule["name"];
        EXPECT_FALSE(rule["source"].get<std::string>().empty()) << rule["name"];
        EXPECT_NE(table.output.find("  " + rule["name"].get<std::string>() + " "),
                  std::string::npos);
    }
    EXPECT_EQ(cli({"strategies", "--json", "--markdown"}).exitCode, 2);
}

TEST(StrategiesCommand, PrintsWhatTheResourceFileHolds) {
    const auto path = test::dataFolder() / "../../resources/strategies.md";
    std::ifstream file(path);
    ASSERT_TRUE(file);
    const std::string held{std::istreambuf_iterator<char>(file), {}};
    const auto printed = cli({"strategies", "--markdown"});
    EXPECT_EQ(printed.exitCode, 0);
    EXPECT_TRUE(printed.output == held)
        << "resources/strategies.md is not what the program knows; make it anew with\n"
           "    heirloom-cli strategies --markdown > resources/strategies.md";
}

} // namespace
} // namespace heirloom
