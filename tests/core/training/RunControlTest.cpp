// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/RunControl.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace heirloom {
namespace {

TEST(RunControl, GoesOnUntilItIsStopped) {
    RunControl control;
    EXPECT_TRUE(control.waitUntilRunning());
    EXPECT_FALSE(control.isStopRequested());
    control.stop();
    EXPECT_TRUE(control.isStopRequested());
    EXPECT_FALSE(control.waitUntilRunning());
}

TEST(RunControl, HoldsAWorkerWhilePaused) {
    RunControl control;
    control.pause();
    EXPECT_TRUE(control.isPaused());
    std::atomic<bool> passed = false;
    std::jthread worker([&] {
        EXPECT_TRUE(control.waitUntilRunning());
        passed = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(passed);
    control.resume();
    worker.join();
    EXPECT_TRUE(passed);
    EXPECT_FALSE(control.isPaused());
}

TEST(RunControl, StopWakesAPausedWorker) {
    RunControl control;
    control.pause();
    std::jthread worker([&] { EXPECT_FALSE(control.waitUntilRunning()); });
    control.stop();
    worker.join();
}

} // namespace
} // namespace heirloom
