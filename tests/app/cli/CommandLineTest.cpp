// SPDX-License-Identifier: GPL-3.0-or-later
// Drives heirloom-cli as a process: words, keys, exit codes and sentences that scripts rest on.
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "tests/support/Process.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

using nlohmann::json;
using test::ProcessAnswer;

constexpr const char* teacherName =
    "vit:dim=64,depth=4,heads=8,patch=2,image=8,channels=1,num_classes=10";
constexpr const char* studentName =
    "vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=10";

class CommandLine : public testing::Test {
protected:
    void SetUp() override {
        const auto spec = modelFromName(teacherName);
        ASSERT_TRUE(spec) << spec.error().message();
        teacher = (folder / "teacher.safetensors").string();
        const auto written = writeCheckpoint(teacher,
                                             CheckpointFormat::Safetensors,
                                             randomStudent(*spec, 7),
                                             {{"heirloom.model", canonicalName(*spec)}});
        ASSERT_TRUE(written) << written.error().message();
    }

    static ProcessAnswer cli(std::vector<std::string> words) {
        words.insert(words.begin(), HEIRLOOM_CLI);
        return test::runProcess(words);
    }

    std::string path(const std::string& name) const { return (folder / name).string(); }
    static std::string bytes(const std::string& name) {
        std::ifstream file(name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static void write(const std::string& name, const std::string& content) {
        std::ofstream(name, std::ios::binary) << content;
    }

    /// Exit 1, one line on the error stream that holds `part`, nothing on the output.
    static void expectRefusal(const ProcessAnswer& answer, const std::string& part) {
        EXPECT_EQ(answer.exitCode, 1) << answer.output << answer.errors;
        EXPECT_NE(answer.errors.find(part), std::string::npos) << answer.errors;
        EXPECT_EQ(std::count(answer.errors.begin(), answer.errors.end(), '\n'), 1) << answer.errors;
        EXPECT_TRUE(answer.output.empty()) << answer.output;
    }

    test::TemporaryFolder folder;
    std::string teacher;
};

TEST_F(CommandLine, InspectShowsTheStateDictAndThePrefixThatAreAskedFor) {
    const auto zoo = test::dataFolder() / "golden" / "zoo";
    const auto inspect = [&](const std::string& file, std::vector<std::string> words) {
        words.insert(words.begin(), {"inspect", (zoo / file).string(), "--json"});
        const auto answer = cli(words);
        EXPECT_EQ(answer.exitCode, 0) << answer.errors;
        return json::parse(answer.output);
    };
    const auto plain = inspect("teacher_student.pth", {});
    EXPECT_EQ(plain["nests"],
              json::parse(R"([{"path":"teacher","tensors":9},{"path":"student","tensors":9}])"));
    EXPECT_EQ(plain["nest"], "teacher");
    EXPECT_EQ(plain["prefixes"], json::parse(R"(["module.","module.backbone."])"));
    EXPECT_EQ(plain["prefix"], "module.");
    EXPECT_EQ(plain["tensors"][0]["name"], "backbone.patch_embed.proj.weight");

    const auto student =
        inspect("teacher_student.pth", {"--nest", "student", "--prefix", "backbone."});
    EXPECT_EQ(student["nest"], "student");
    EXPECT_EQ(student["prefix"], "module.backbone.");
    EXPECT_EQ(student["tensors"][0]["name"], "patch_embed.proj.weight");

    const auto all = inspect("model_ema.pth", {"--nest", "all"});
    ASSERT_EQ(all["tensors"].size(), 18U);
    EXPECT_EQ(all["tensors"][0]["name"], "model.patch_embed.proj.weight");
    EXPECT_EQ(all["tensors"][9]["name"], "model_ema.patch_embed.proj.weight");
    EXPECT_EQ(all["nest"], "all");

    expectRefusal(cli({"inspect", (zoo / "model_ema.pth").string(), "--nest", "teacher"}),
                  "there is 'model' (9 tensors), 'model_ema' (9 tensors)");
    expectRefusal(cli({"inspect", (zoo / "lightning.ckpt").string(), "--prefix", "encoder."}),
                  "there is 'model.'");
}

TEST_F(CommandLine, LimitsAreListedAndTakenByEveryCommandThatOpensFiles) {
    const auto list = cli({"limits", "--json"});
    ASSERT_EQ(list.exitCode, 0) << list.errors;
    EXPECT_EQ(json::parse(list.output)["tensors"]["value"], 2000000);
    EXPECT_NE(cli({"limits"}).output.find("pickle_bytes"), std::string::npos);
    const std::string out = path("student.safetensors");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"inspect", teacher},
          {"select", teacher, "--student", studentName, "--out", out},
          {"check", teacher, "--teacher", teacher},
          {"advise", teacher, "--budget", "params=1M"},
          {"finetune", teacher, "--data", path("none"), "--out", path("run")},
          {"evaluate", teacher, "--data", path("none")}}) {
        SCOPED_TRACE(words[0]);
        auto limited = words;
        limited.insert(limited.end(), {"--limit", "name_bytes=99", "--limit", "tensors=3"});
        expectRefusal(cli(limited), "limit tensors of 3");
        auto wrong = words;
        wrong.insert(wrong.end(), {"--limit", "stars=3"});
        const auto answer = cli(wrong);
        EXPECT_EQ(answer.exitCode, 2);
        EXPECT_NE(answer.errors.find("there is no such limit"), std::string::npos) << answer.errors;
    }
}

TEST_F(CommandLine, InspectListsFormatFamilyParametersAndTensors) {
    const auto answer = cli({"inspect", teacher, "--json"});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const auto object = json::parse(answer.output);
    EXPECT_EQ(object["format"], "safetensors");
    EXPECT_EQ(object["family"], "vit");
    std::int64_t elements = 0;
    for (const auto& tensor : object["tensors"]) {
        EXPECT_EQ(tensor["dtype"], "F32");
        std::int64_t count = 1;
        for (const auto& size : tensor["shape"])
            count *= size.get<std::int64_t>();
        elements += count;
    }
    EXPECT_EQ(object["parameters"], elements);
    EXPECT_EQ(object["tensors"][0]["name"], "cls_token");
}

TEST_F(CommandLine, SelectWritesEachFormatWithTheSameTensors) {
    std::vector<json> lists;
    for (const std::string name : {"s.safetensors", "s.pth", "s.h5"}) {
        const auto made = cli({"select", teacher, "--student", studentName, "-o", path(name)});
        ASSERT_EQ(made.exitCode, 0) << made.errors;
        const auto seen = cli({"inspect", path(name), "--json"});
        ASSERT_EQ(seen.exitCode, 0) << seen.errors;
        auto tensors = json::parse(seen.output)["tensors"];
        std::sort(tensors.begin(), tensors.end(), [](const json& a, const json& b) {
            return a["name"] < b["name"];
        });
        lists.push_back(tensors);
    }
    EXPECT_EQ(lists[0], lists[1]);
    EXPECT_EQ(lists[0], lists[2]);
}

TEST_F(CommandLine, SelectWithOneSeedWritesTheSameBytesTwice) {
    for (const std::string name : {"a.safetensors", "b.safetensors"}) {
        const auto made = cli({"select",
                               teacher,
                               "--student",
                               studentName,
                               "-o",
                               path(name),
                               "--element",
                               "random",
                               "--seed",
                               "3"});
        ASSERT_EQ(made.exitCode, 0) << made.errors;
    }
    EXPECT_EQ(bytes(path("a.safetensors")), bytes(path("b.safetensors")));
}

TEST_F(CommandLine, SelectWritesTheSameBytesWhereTheProcessorHasNoFusedMultiplyAdd) {
    // The C library picks other versions of its functions then, as on an older machine.
    const std::string older =
        "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2_Usable,-AVX2,-AVX,-AVX512F";
    const auto spec = modelFromName("vit:dim=144,depth=2,heads=4,patch=2,image=8,channels=1");
    const auto large = path("large.safetensors");
    ASSERT_TRUE(writeCheckpoint(large, CheckpointFormat::Safetensors, randomStudent(*spec, 7)));
    for (const std::string rule : {"mimetic:positions=sinusoidal",
                                   "trunc-normal",
                                   "xavier",
                                   "kaiming",
                                   "noise",
                                   "dct",
                                   "stock"}) {
        for (const std::string& machine : {std::string("HERE=1"), older}) {
            const auto answer = test::runProcess(
                {"/usr/bin/env",
                 machine,
                 HEIRLOOM_CLI,
                 "select",
                 large,
                 "--student",
                 "vit:dim=128,depth=2,heads=4,patch=2,image=12,channels=1,num_classes=12",
                 "--weights",
                 rule,
                 "-o",
                 path(machine == older ? "older.pth" : "here.pth")});
            ASSERT_EQ(answer.exitCode, 0) << answer.errors;
        }
        EXPECT_TRUE(bytes(path("here.pth")) == bytes(path("older.pth"))) << rule;
    }
}

TEST_F(CommandLine, CheckFindsTheSpacesHeadsAndFreshTensorsOfASelection) {
    ASSERT_EQ(cli({"select",
                   teacher,
                   "--student",
                   "vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=5",
                   "-o",
                   path("s.safetensors"),
                   "--set",
                   "blocks.1.mlp=magnitude"})
                  .exitCode,
              0);
    const auto answer = cli({"check", path("s.safetensors"), "--teacher", teacher, "--json"});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    const auto object = json::parse(answer.output);
    bool sawResidual = false;
    for (const auto& space : object["spaces"]) {
        if (space["axes"].get<int>() > 0) {
            EXPECT_EQ(space["agree"], space["size"]) << space;
        }
        sawResidual = sawResidual || (space["name"] == "residual" && space["size"] == 32);
    }
    EXPECT_TRUE(sawResidual);
    ASSERT_EQ(object["heads"].size(), 3U);
    EXPECT_TRUE(object["heads"][0]["whole"]);
    std::vector<std::string> fresh;
    for (const auto& entry : object["fresh"])
        fresh.push_back(entry["name"]);
    EXPECT_NE(std::find(fresh.begin(), fresh.end(), "head.weight"), fresh.end());
    for (const char* key : {"layers", "scaled", "resampled", "energy", "misplaced", "summary"})
        EXPECT_TRUE(object.contains(key)) << key;
    EXPECT_EQ(object["summary"]["heads"]["whole"], 3);
    EXPECT_EQ(object["summary"]["matched_by"], "roles");
    EXPECT_GT(object["energy"]["share"].get<double>(), 0.0);
}

TEST_F(CommandLine, CheckFoldsLayersThatSayTheSameUnlessAllAreAskedFor) {
    ASSERT_EQ(cli({"select",
                   teacher,
                   "--student",
                   "vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=5",
                   "-o",
                   path("s.safetensors")})
                  .exitCode,
              0);
    const auto table = cli({"check", path("s.safetensors"), "--teacher", teacher});
    ASSERT_EQ(table.exitCode, 0) << table.errors;
    EXPECT_NE(table.output.find("blocks.0-2.q=k"), std::string::npos) << table.output;
    EXPECT_EQ(table.output.find("blocks.1.q=k"), std::string::npos) << table.output;
    const auto all = cli({"check", path("s.safetensors"), "--teacher", teacher, "--all"});
    ASSERT_EQ(all.exitCode, 0) << all.errors;
    EXPECT_NE(all.output.find("blocks.1.q=k"), std::string::npos) << all.output;
}

TEST_F(CommandLine, ATruncatedFileIsRefusedWithItsName) {
    const auto whole = bytes(teacher);
    write(path("cut.safetensors"), whole.substr(0, whole.size() - 100));
    expectRefusal(cli({"inspect", path("cut.safetensors")}), "cut.safetensors");
    expectRefusal(
        cli({"select", path("cut.safetensors"), "--student", studentName, "-o", path("o.pth")}),
        "cut.safetensors");
    EXPECT_NE(access(path("o.pth").c_str(), F_OK), 0);
}

TEST_F(CommandLine, ARenamedFileIsOpenedByItsContent) {
    ASSERT_EQ(cli({"select", teacher, "--student", studentName, "-o", path("s.pth")}).exitCode, 0);
    std::filesystem::rename(path("s.pth"), path("s.safetensors"));
    const auto answer = cli({"inspect", path("s.safetensors"), "--json"});
    ASSERT_EQ(answer.exitCode, 0) << answer.errors;
    EXPECT_EQ(json::parse(answer.output)["format"], "pytorch-zip");
}

TEST_F(CommandLine, AFileThatIsNoCheckpointIsRefused) {
    write(path("notes.safetensors"), "These are notes, not weights.\n");
    expectRefusal(cli({"inspect", path("notes.safetensors")}), "notes.safetensors");
}

TEST_F(CommandLine, AStudentOfAnotherFamilyIsRefused) {
    expectRefusal(cli({"select", teacher, "--student", "resnet18", "-o", path("o.safetensors")}),
                  "resnet");
}

TEST_F(CommandLine, AStudentWiderThanItsTeacherIsRefusedWithBothSizes) {
    const auto answer =
        cli({"select",
             teacher,
             "--student",
             "vit:dim=128,depth=3,heads=8,patch=2,image=8,channels=1,num_classes=10",
             "-o",
             path("o.safetensors")});
    expectRefusal(answer, "128");
    EXPECT_NE(answer.errors.find("64"), std::string::npos) << answer.errors;
}

TEST_F(CommandLine, AStudentDeeperThanItsTeacherIsRefused) {
    expectRefusal(cli({"select",
                       teacher,
                       "--student",
                       "vit:dim=32,depth=9,heads=4,patch=2,image=8,channels=1,num_classes=10",
                       "-o",
                       path("o.safetensors")}),
                  "9");
}

TEST_F(CommandLine, TheTeachersOwnFileIsNeverWrittenOver) {
    const auto before = bytes(teacher);
    expectRefusal(cli({"select", teacher, "--student", studentName, "-o", teacher}),
                  "teacher.safetensors");
    std::filesystem::create_hard_link(teacher, path("link.safetensors"));
    expectRefusal(
        cli({"select", teacher, "--student", studentName, "-o", path("link.safetensors")}),
        "link.safetensors");
    EXPECT_EQ(bytes(teacher), before);
}

TEST_F(CommandLine, AMissingTargetFolderIsRefused) {
    expectRefusal(
        cli({"select", teacher, "--student", studentName, "-o", path("nowhere/s.safetensors")}),
        "nowhere");
}

TEST_F(CommandLine, AReadOnlyTargetFolderIsRefused) {
    if (geteuid() == 0)
        GTEST_SKIP() << "root may write anywhere; run as a user to see this one";
    std::filesystem::create_directory(path("locked"));
    chmod(path("locked").c_str(), 0500);
    expectRefusal(
        cli({"select", teacher, "--student", studentName, "-o", path("locked/s.safetensors")}),
        "locked");
}

TEST_F(CommandLine, AnUnknownEndingIsRefusedBeforeAnythingIsRead) {
    expectRefusal(cli({"select", teacher, "--student", studentName, "-o", path("s.weights")}),
                  ".safetensors");
}

TEST_F(CommandLine, AMissingTeacherIsRefused) {
    expectRefusal(cli({"select",
                       path("none.safetensors"),
                       "--student",
                       studentName,
                       "-o",
                       path("o.safetensors")}),
                  "none.safetensors");
}

TEST_F(CommandLine, AnUnknownModelNameIsRefusedWithTheNearest) {
    expectRefusal(
        cli({"select", teacher, "--student", "vit_tinny_patch16_224", "-o", path("o.safetensors")}),
        "vit_tiny_patch16_224");
}

TEST_F(CommandLine, AnUnknownStrategyIsRefusedWithTheKnownOnes) {
    expectRefusal(cli({"select",
                       teacher,
                       "--student",
                       studentName,
                       "-o",
                       path("o.safetensors"),
                       "--element",
                       "best"}),
                  "uniform");
}

TEST_F(CommandLine, AStudentLargerThanTheMemoryIsRefused) {
    expectRefusal(cli({"select",
                       teacher,
                       "--student",
                       "vit:dim=32768,depth=2048,heads=1,patch=2,image=8,channels=1,num_classes=10",
                       "-o",
                       path("o.safetensors")}),
                  "memory");
}

TEST_F(CommandLine, AnOutputThatCannotBeWrittenIsASentence) {
    const auto answer = test::runProcess(
        {"/bin/sh",
         "-c",
         std::string(HEIRLOOM_CLI) + " inspect --json " + teacher + " >/dev/full"});
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_NE(answer.errors.find("writ"), std::string::npos) << answer.errors;
}

TEST_F(CommandLine, AFileLargerThanItsLimitLeavesNothingBehind) {
    const auto target = path("s.safetensors");
    const auto answer =
        test::runProcess({"/bin/sh",
                          "-c",
                          "ulimit -f 50; exec " + std::string(HEIRLOOM_CLI) + " select " + teacher +
                              " --student " + studentName + " -o " + target});
    EXPECT_EQ(answer.exitCode, 1) << answer.errors;
    EXPECT_FALSE(answer.errors.empty());
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
        ++files;
    EXPECT_EQ(files, 1U) << "only the teacher";
}

TEST_F(CommandLine, ThePublishedRuleTakesNoOtherChoice) {
    expectRefusal(cli({"select",
                       teacher,
                       "--student",
                       studentName,
                       "-o",
                       path("o.safetensors"),
                       "--as-published",
                       "--element",
                       "magnitude"}),
                  "--as-published");
}

TEST_F(CommandLine, ATensorsNameCannotSteerTheTerminal) {
    StateDict tensors;
    tensors.set("a\n\x1b[31mX", HostTensor::zeros(DType::F32, {2, 2}));
    const auto file = path("names.safetensors");
    ASSERT_TRUE(writeCheckpoint(file, CheckpointFormat::Safetensors, tensors));
    const auto answer = cli({"inspect", file});
    EXPECT_EQ(answer.exitCode, 0) << answer.errors;
    EXPECT_EQ(answer.output.find('\x1b'), std::string::npos);
}

TEST_F(CommandLine, ASeedThatWouldWrapRoundIsAWrongWord) {
    for (const std::string seed : {"-1", "99999999999999999999999", "1.5"})
        EXPECT_EQ(cli({"select",
                       teacher,
                       "--student",
                       studentName,
                       "-o",
                       path("o.safetensors"),
                       "--seed",
                       seed})
                      .exitCode,
                  2)
            << seed;
}

TEST_F(CommandLine, WrongWordsExitWithTwo) {
    EXPECT_EQ(cli({}).exitCode, 2);
    EXPECT_EQ(cli({"inspect"}).exitCode, 2);
    EXPECT_EQ(cli({"inspect", teacher, "--yaml"}).exitCode, 2);
    EXPECT_EQ(cli({"dance"}).exitCode, 2);
    EXPECT_EQ(cli({"example", "--epochs", "many"}).exitCode, 2);
}

TEST_F(CommandLine, EachCommandExplainsItself) {
    for (const std::string command :
         {"inspect", "select", "check", "finetune", "evaluate", "example"}) {
        const auto answer = cli({command, "--help"});
        EXPECT_EQ(answer.exitCode, 0) << command;
        EXPECT_NE(answer.output.find("--help"), std::string::npos) << command;
    }
}

TEST_F(CommandLine, WithoutDataTrainingIsRefused) {
    expectRefusal(cli({"evaluate", teacher, "--data", path("no-images")}),
#ifdef HEIRLOOM_HAS_ENGINE
                  "no-images"
#else
                  "LibTorch"
#endif
    );
}

} // namespace
} // namespace heirloom
