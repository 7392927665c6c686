// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/Interrupt.h"
#include "core/storage/RunLog.h"
#include "core/training/Engine.h"

#include <string>

namespace heirloom::cli {

/// Prints a run's metrics as they come, keeps them in its log, and hands an interrupt (Ctrl+C) on
/// as a stop.
class RunPrinter final : public RunObserver {
public:
    enum class Form { Text, Json, Silent };

    RunPrinter(std::string run, Form form, RunControl& control, RunLog* log);

    void stepDone(const StepMetrics& metrics) override;
    void epochDone(const EpochMetrics& metrics) override;

    /// Of the last evaluation, in [0, 1]; NaN before.
    [[nodiscard]] double top1() const { return m_top1; }

private:
    std::string m_run;
    Form m_form;
    RunControl& m_control;
    RunLog* m_log;
    double m_loss = 0;
    double m_top1;
};

} // namespace heirloom::cli
