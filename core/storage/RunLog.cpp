// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/RunLog.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstring>

namespace heirloom {
namespace {

nlohmann::ordered_json number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

} // namespace

std::string metricsLine(std::string_view run, const StepMetrics& metrics) {
    const nlohmann::ordered_json line = {{"run", run},
                                         {"epoch", number(metrics.epoch)},
                                         {"step", metrics.step},
                                         {"loss", number(metrics.loss)}};
    return line.dump();
}

std::string metricsLine(std::string_view run, const EpochMetrics& metrics) {
    const nlohmann::ordered_json line = {{"run", run},
                                         {"epoch", metrics.epoch},
                                         {"val_loss", number(metrics.validationLoss)},
                                         {"val_top1", number(metrics.validationTop1)}};
    return line.dump();
}

Result<RunLog> RunLog::create(const std::filesystem::path& path) {
    RunLog log;
    log.m_path = path;
    log.m_file.reset(std::fopen(path.c_str(), "we"));
    if (!log.m_file) {
        auto error = fail(path.string(), "the file cannot be written: {}", std::strerror(errno));
        error.error().advice = "Choose a folder that you may write to";
        return error;
    }
    return log;
}

void RunLog::append(std::string_view run, const StepMetrics& metrics) {
    if (std::fprintf(m_file.get(), "%s\n", metricsLine(run, metrics).c_str()) < 0 && m_failure == 0)
        m_failure = errno;
}

void RunLog::append(std::string_view run, const EpochMetrics& metrics) {
    const bool written = std::fprintf(m_file.get(), "%s\n", metricsLine(run, metrics).c_str()) >= 0;
    if ((!written || std::fflush(m_file.get()) != 0) && m_failure == 0)
        m_failure = errno;
}

Status RunLog::status() const {
    if (m_failure != 0)
        return fail(m_path.string(), "metrics could not be written: {}", std::strerror(m_failure));
    return {};
}

} // namespace heirloom
