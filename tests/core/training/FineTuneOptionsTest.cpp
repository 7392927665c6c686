// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/FineTuneOptions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace heirloom {
namespace {

using Change = std::function<void(FineTuneOptions&)>;

TEST(FineTuneOptions, DefaultsAreValid) { EXPECT_TRUE(validate({})); }

TEST(FineTuneOptions, NamesTheOptionThatIsOutOfRange) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<std::pair<std::string, Change>> cases{
        {"epochs", [](auto& o) { o.epochs = 0; }},
        {"batch size", [](auto& o) { o.batchSize = -3; }},
        {"learning rate", [](auto& o) { o.learningRate = 0; }},
        {"learning rate", [&](auto& o) { o.learningRate = nan; }},
        {"minimum learning rate", [](auto& o) { o.minimumLearningRate = 1; }},
        {"warm-up", [](auto& o) { o.warmupEpochs = 11; }},
        {"warm-up", [&](auto& o) { o.warmupEpochs = nan; }},
        {"weight decay", [](auto& o) { o.weightDecay = -0.1; }},
        {"momentum", [](auto& o) { o.momentum = 1; }},
        {"label smoothing", [](auto& o) { o.labelSmoothing = 1; }},
        {"crop padding", [](auto& o) { o.cropPadding = -1; }},
        {"threads", [](auto& o) { o.threads = -1; }},
        {"device", [](auto& o) { o.device = "gpu"; }},
        {"device", [](auto& o) { o.device = "cuda:"; }},
    };
    for (const auto& [name, change] : cases) {
        FineTuneOptions options;
        change(options);
        const auto status = validate(options);
        ASSERT_FALSE(status) << name;
        EXPECT_TRUE(status.error().text.starts_with(name + " is ")) << status.error().text;
    }
}

TEST(FineTuneOptions, AcceptsEveryKindOfDevice) {
    for (const char* device : {"cpu", "cuda", "cuda:0", "cuda:12"}) {
        FineTuneOptions options;
        options.device = device;
        EXPECT_TRUE(validate(options)) << device;
    }
}

TEST(FineTuneOptions, AcceptsARateThatWillDiverge) {
    FineTuneOptions options;
    options.learningRate = 1e30;
    EXPECT_TRUE(validate(options));
}

} // namespace
} // namespace heirloom
