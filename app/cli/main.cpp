// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/RunPrinter.h"
#include "core/checkpoint/PlainText.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <vector>

namespace {

enum ExitCode { Done = 0, InputAtFault = 1, Usage = 2, Interrupted = 130 };

/// What the standard library throws (no memory, an output that cannot be written) as a sentence
/// too.
heirloom::Status guarded(const heirloom::cli::Action& action) {
    try {
        return action();
    } catch (const std::bad_alloc&) {
        return heirloom::fail("", "there is not enough memory for this");
    } catch (const std::exception& error) {
        return heirloom::fail("", "{}", error.what());
    }
}

} // namespace

int main(int argc, char** argv) {
    using namespace heirloom::cli;
    std::signal(SIGXFSZ, SIG_IGN); // a file over the limit is a failed write, told and cleaned up
    CLI::App app{
        "Heirloom: start a small network from the weights of a larger one (weight selection)."};
    app.name("heirloom-cli");
    app.set_version_flag("--version", "heirloom-cli " HEIRLOOM_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);

    const std::vector<Action> actions = {addInspect(app),
                                         addLimitTable(app),
                                         addSelect(app),
                                         addCheck(app),
                                         addFinetune(app),
                                         addEvaluate(app),
                                         addExample(app),
                                         addAdvise(app),
                                         addStrategies(app)};
    const auto commands = app.get_subcommands([](CLI::App*) { return true; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Done : Usage;
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (!commands[i]->parsed())
            continue;
        const auto status = guarded(actions[i]);
        std::fflush(stdout);
        if (!status) {
            // Names come from strangers' files and must not steer the terminal.
            fmt::print(stderr,
                       "heirloom-cli {}: {}\n",
                       commands[i]->get_name(),
                       heirloom::harmlessText(status.error().message()));
            return wasInterrupted() ? Interrupted : InputAtFault;
        }
        if (wasInterrupted()) {
            fmt::print(stderr,
                       "heirloom-cli {}: interrupted; what was written holds the weights after the "
                       "last whole step\n",
                       commands[i]->get_name());
            return Interrupted;
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
