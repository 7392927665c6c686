// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/training/Metrics.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heirloom {

/// The metrics of a fine-tuning as JSON lines, the form that `heirloom-cli finetune --json` prints:
/// {"run","epoch","step","loss"} after each step, {"run","epoch","val_loss","val_top1"} after each epoch; null where a number is not finite.
/// Flushed to the file at each epoch. A failed write is kept and told by status(), so that a full disk does not end a run.
class RunLog {
public:
    /// A new file; an existing one is replaced.
    [[nodiscard]] static Result<RunLog> create(const std::filesystem::path& path);

    void append(std::string_view run, const StepMetrics& metrics);
    void append(std::string_view run, const EpochMetrics& metrics);
    [[nodiscard]] Status status() const;

private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::filesystem::path m_path;
    std::unique_ptr<std::FILE, Closer> m_file;
    int m_failure = 0; ///< errno of the first failed write
};

/// The line that stands for one report, without the line end.
[[nodiscard]] std::string metricsLine(std::string_view run, const StepMetrics& metrics);
[[nodiscard]] std::string metricsLine(std::string_view run, const EpochMetrics& metrics);

} // namespace heirloom
