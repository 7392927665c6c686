// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/RunLog.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

namespace heirloom {
namespace {

std::vector<nlohmann::json> linesOf(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(nlohmann::json::parse(line));
    return lines;
}

TEST(RunLog, WritesOneJsonObjectALine) {
    const test::TemporaryFolder folder;
    auto log = RunLog::create(folder / "metrics.jsonl");
    ASSERT_TRUE(log) << log.error().message();
    log->append("selected", StepMetrics{12, 0.5, 2.25, 1e-3, 4});
    log->append("selected", EpochMetrics{1, 1.5, 0.75, 9});
    EXPECT_TRUE(log->status());
    const auto lines = linesOf(folder / "metrics.jsonl");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0],
              (nlohmann::json{{"run", "selected"}, {"epoch", 0.5}, {"step", 12}, {"loss", 2.25}}));
    EXPECT_EQ(
        lines[1],
        (nlohmann::json{{"run", "selected"}, {"epoch", 1}, {"val_loss", 1.5}, {"val_top1", 0.75}}));
}

TEST(RunLog, IsOnDiskAfterEachEpochWhileTheRunGoesOn) {
    const test::TemporaryFolder folder;
    auto log = RunLog::create(folder / "metrics.jsonl");
    ASSERT_TRUE(log);
    log->append("a", StepMetrics{1, 0.1, 3});
    log->append("a", EpochMetrics{1, 2, 0.5});
    EXPECT_EQ(linesOf(folder / "metrics.jsonl").size(), 2U);
}

TEST(RunLog, WritesNullForANumberThatIsNotFinite) {
    EXPECT_EQ(nlohmann::json::parse(metricsLine(
                  "a", StepMetrics{1, 0, std::numeric_limits<double>::quiet_NaN()}))["loss"],
              nullptr);
    EXPECT_EQ(nlohmann::json::parse(metricsLine(
                  "a", EpochMetrics{1, std::numeric_limits<double>::infinity(), 0}))["val_loss"],
              nullptr);
}

TEST(RunLog, SaysWhichFileCannotBeWritten) {
    const test::TemporaryFolder folder;
    const auto log = RunLog::create(folder / "missing" / "metrics.jsonl");
    ASSERT_FALSE(log);
    EXPECT_NE(log.error().message().find("metrics.jsonl"), std::string::npos);
}

} // namespace
} // namespace heirloom
