// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "core/selection/RuleList.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace heirloom::cli {
namespace {

struct Words {
    bool json = false;
    bool markdown = false;
};

void printTable() {
    std::optional<RuleKind> kind;
    for (const auto& rule : ruleList()) {
        if (kind != rule.kind) {
            fmt::print("{}{}\n", kind ? "\n" : "", ruleKindText(rule.kind));
            kind = rule.kind;
        }
        fmt::print("  {:<18} {}\n", rule.name, rule.meaning);
        for (const auto& option : rule.options)
            fmt::print("  {:<18}   {}={}{}: {}\n",
                       "",
                       option.name,
                       option.values,
                       option.standard.empty() ? "" : fmt::format(" ({})", option.standard),
                       option.meaning);
    }
}

} // namespace

Action addStrategies(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand(
        "strategies", "Every rule by which layers, elements and weights can be chosen");
    auto* json = command->add_flag(
        "--json", words->json, "An array: kind, name, title, meaning, source, needs, options");
    auto* markdown =
        command->add_flag("--markdown", words->markdown, "As resources/strategies.md holds it");
    json->excludes(markdown);
    return [words]() -> Status {
        if (words->json)
            fmt::print("{}\n", strategiesJson().dump());
        else if (words->markdown)
            fmt::print("{}", strategiesMarkdown());
        else
            printTable();
        return {};
    };
}

} // namespace heirloom::cli
