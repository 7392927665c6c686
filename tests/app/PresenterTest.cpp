// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/JobRunner.h"
#include "app/MapPresenter.h"

#include <QTest>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace heirloom {
namespace {

ElementSelection named(const char* strategy) {
    ElementSelection selection;
    selection.strategy = strategy;
    return selection;
}

TEST(MapPresenter, NumbersOfASpaceBecomeStars) {
    EXPECT_EQ(patternLike("blocks.3.mlp"), "blocks.*.mlp");
    EXPECT_EQ(patternLike("stages.2.blocks.10.mlp"), "stages.*.blocks.*.mlp");
    EXPECT_EQ(patternLike("residual"), "residual");
    EXPECT_EQ(patternLike("layer1.0.channels"), "layer1.*.channels");
}

TEST(MapPresenter, AStrategyForAllReplacesThoseOfSingleBlocks) {
    SelectionOptions options;
    options = withStrategy(options, "blocks.1.mlp", named("magnitude"), StrategyScope::ThisSpace);
    options = withStrategy(options, "blocks.2.mlp", named("random"), StrategyScope::AllLikeIt);
    EXPECT_EQ(options.spaces.size(), 1U);
    EXPECT_EQ(options.elementFor("blocks.1.mlp").strategy, "random");
    EXPECT_EQ(options.elementFor("residual").strategy, "uniform");
}

TEST(MapPresenter, ASingleBlockAfterAllKeepsTheOthers) {
    SelectionOptions options;
    options = withStrategy(options, "blocks.0.mlp", named("random"), StrategyScope::AllLikeIt);
    options = withStrategy(options, "blocks.1.mlp", named("uniform"), StrategyScope::ThisSpace);
    EXPECT_EQ(options.elementFor("blocks.0.mlp").strategy, "random");
    EXPECT_EQ(options.elementFor("blocks.1.mlp").strategy, "uniform");
    options = withStrategy(options, "blocks.1.mlp", named("random"), StrategyScope::ThisSpace);
    EXPECT_EQ(options.spaces.size(), 1U);
}

TEST(MapPresenter, ChoosingAStrategyLeavesThePublishedMode) {
    SelectionOptions options;
    options.asPublished = true;
    EXPECT_FALSE(
        withStrategy(options, "residual", named("random"), StrategyScope::ThisSpace).asPublished);
}

TEST(JobRunner, AnAnswerArrivesOnTheCallersThread) {
    JobRunner jobs;
    std::thread::id worked;
    std::thread::id answered;
    bool done = false;
    jobs.run<int>(
        "a",
        [&](std::stop_token) -> Result<int> {
            worked = std::this_thread::get_id();
            return 7;
        },
        [&](Result<int> value) {
            answered = std::this_thread::get_id();
            done = value.has_value() && *value == 7;
        });
    ASSERT_TRUE(QTest::qWaitFor([&] { return done; }, 5000));
    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(answered, std::this_thread::get_id());
}

TEST(JobRunner, ANewerJobOfALaneStopsTheOlderAndDropsItsAnswer) {
    JobRunner jobs;
    std::atomic<bool> wasStopped = false;
    int older = 0;
    int newer = 0;
    jobs.run<int>(
        "a",
        [&](std::stop_token stop) -> Result<int> {
            while (!stop.stop_requested())
                std::this_thread::yield();
            wasStopped = true;
            return 1;
        },
        [&](Result<int>) { ++older; });
    QTest::qWait(20);
    jobs.run<int>(
        "a", [](std::stop_token) -> Result<int> { return 2; }, [&](Result<int>) { ++newer; });
    ASSERT_TRUE(QTest::qWaitFor([&] { return newer == 1 && wasStopped; }, 5000));
    QTest::qWait(50);
    EXPECT_EQ(older, 0);
}

TEST(JobRunner, DestructionStopsWhatRuns) {
    std::atomic<bool> ended = false;
    {
        JobRunner jobs;
        jobs.run<int>(
            "a",
            [&](std::stop_token stop) -> Result<int> {
                while (!stop.stop_requested())
                    std::this_thread::yield();
                ended = true;
                return 1;
            },
            [](Result<int>) { FAIL() << "the runner is gone"; });
        QTest::qWait(20);
    }
    EXPECT_TRUE(ended);
}

} // namespace
} // namespace heirloom
