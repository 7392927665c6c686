// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <vector>

namespace {

enum ExitCode { Done = 0, InputAtFault = 1, Usage = 2 };

} // namespace

int main(int argc, char** argv) {
    using namespace heirloom::cli;
    CLI::App app{
        "Heirloom: start a small network from the weights of a larger one (weight selection)."};
    app.name("heirloom-cli");
    app.set_version_flag("--version", "heirloom-cli " HEIRLOOM_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);

    const std::vector<Action> actions = {addInspect(app),
                                         addSelect(app),
                                         addCheck(app),
                                         addFinetune(app),
                                         addEvaluate(app),
                                         addExample(app)};
    const auto commands = app.get_subcommands([](CLI::App*) { return true; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Done : Usage;
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (!commands[i]->parsed())
            continue;
        const auto status = actions[i]();
        std::fflush(stdout);
        if (!status) {
            fmt::print(
                stderr, "heirloom-cli {}: {}\n", commands[i]->get_name(), status.error().message());
            return InputAtFault;
        }
        if (std::ferror(stdout)) {
            fmt::print(stderr,
                       "heirloom-cli {}: the output could not be written\n",
                       commands[i]->get_name());
            return InputAtFault;
        }
    }
    return Done;
}
