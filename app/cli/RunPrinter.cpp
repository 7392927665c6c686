// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/RunPrinter.h"

#include <fmt/core.h>

#include <cstdio>
#include <limits>

namespace heirloom::cli {

RunPrinter::RunPrinter(std::string run, Form form, RunControl& control, RunLog* log)
    : m_run(std::move(run)), m_form(form), m_control(control), m_log(log),
      m_top1(std::numeric_limits<double>::quiet_NaN()) {}

void RunPrinter::stepDone(const StepMetrics& metrics) {
    m_loss = metrics.loss;
    if (m_form == Form::Json)
        fmt::print("{}\n", metricsLine(m_run, metrics));
    if (m_log)
        m_log->append(m_run, metrics);
    if (wasInterrupted())
        m_control.stop();
}

void RunPrinter::epochDone(const EpochMetrics& metrics) {
    m_top1 = metrics.validationTop1;
    if (m_form == Form::Json) {
        fmt::print("{}\n", metricsLine(m_run, metrics));
        std::fflush(stdout);
    } else if (m_form == Form::Text) {
        if (metrics.epoch == 0)
            fmt::print("{:<10} before training      held-out loss {:.4f}   top-1 {:5.2f} %\n",
                       m_run,
                       metrics.validationLoss,
                       100 * metrics.validationTop1);
        else
            fmt::print("{:<10} epoch {:>3}  loss {:.4f}  held-out loss {:.4f}   top-1 {:5.2f} %   "
                       "{:.1f} s\n",
                       m_run,
                       metrics.epoch,
                       m_loss,
                       metrics.validationLoss,
                       100 * metrics.validationTop1,
                       metrics.seconds);
        std::fflush(stdout);
    }
    if (m_log)
        m_log->append(m_run, metrics);
}

} // namespace heirloom::cli
