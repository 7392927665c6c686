// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heirloom::cli {

/// What a subcommand does once its words are parsed.
using Action = std::function<Status()>;

/// Each adds one subcommand to `app`; the action it returns runs when that subcommand was called.
Action addInspect(CLI::App& app);
Action addLimitTable(CLI::App& app);
Action addSelect(CLI::App& app);
Action addCheck(CLI::App& app);
Action addFinetune(CLI::App& app);
Action addEvaluate(CLI::App& app);
Action addExample(CLI::App& app);
Action addAdvise(CLI::App& app);
Action addStrategies(CLI::App& app);

} // namespace heirloom::cli
