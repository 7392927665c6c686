// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "core/base/Limits.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {

Action addLimitTable(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    auto* command = app.add_subcommand(
        "limits", "List what a file may ask for at most; --limit NAME=NUMBER raises one");
    command->add_flag("--json", *json, "One JSON object: for each name its value and meaning");
    return [json]() -> Status {
        if (*json) {
            nlohmann::ordered_json answer;
            for (const LimitInfo& info : limitTable())
                answer[std::string(info.name)] = {{"value", info.standard},
                                                  {"meaning", info.meaning}};
            fmt::print("{}\n", answer.dump());
            return {};
        }
        for (const LimitInfo& info : limitTable())
            fmt::print("{:<16}  {:>13}  {}\n", info.name, info.standard, info.meaning);
        return {};
    };
}

} // namespace heirloom::cli
