// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/FineTuneOptions.h"

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

std::unexpected<Error> outOfRange(std::string_view option, double value, std::string_view range) {
    return fail({}, "{} is {}; it must be {}", option, value, range);
}

bool isDevice(std::string_view device) {
    if (device == "cpu" || device == "cuda")
        return true;
    if (!device.starts_with("cuda:"))
        return false;
    const auto number = device.substr(5);
    return !number.empty() && number.size() <= 2 &&
           std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

Status validate(const FineTuneOptions& options) {
    // Each test is written so that NaN fails it.
    if (options.epochs < 1 || options.epochs > 1'000'000)
        return outOfRange("epochs", options.epochs, "from 1 to 1000000");
    if (options.batchSize < 1 || options.batchSize > 65'536)
        return outOfRange("batch size", options.batchSize, "from 1 to 65536");
    if (!(options.learningRate > 0) || !std::isfinite(options.learningRate))
        return outOfRange("learning rate", options.learningRate, "a number above 0");
    if (!(options.minimumLearningRate >= 0 && options.minimumLearningRate <= options.learningRate))
        return outOfRange("minimum learning rate",
                          options.minimumLearningRate,
                          fmt::format("from 0 to the learning rate {}", options.learningRate));
    if (!(options.warmupEpochs >= 0 && options.warmupEpochs <= options.epochs))
        return outOfRange("warm-up",
                          options.warmupEpochs,
                          fmt::format("from 0 to the {} epochs of the run", options.epochs));
    if (!(options.weightDecay >= 0) || !std::isfinite(options.weightDecay))
        return outOfRange("weight decay", options.weightDecay, "0 or a number above");
    if (!(options.momentum >= 0 && options.momentum < 1))
        return outOfRange("momentum", options.momentum, "from 0 to below 1");
    if (!(options.labelSmoothing >= 0 && options.labelSmoothing < 1))
        return outOfRange("label smoothing", options.labelSmoothing, "from 0 to below 1");
    if (options.cropPadding < 0 || options.cropPadding > 1024)
        return outOfRange("crop padding", options.cropPadding, "from 0 to 1024 pixels");
    if (options.threads < 0 || options.threads > 1024)
        return outOfRange("threads", options.threads, "from 0 (the engine's choice) to 1024");
    if (!isDevice(options.device))
        return fail({}, "device is '{}'; it must be cpu, cuda or cuda:N", options.device);
    return {};
}

} // namespace heirloom
