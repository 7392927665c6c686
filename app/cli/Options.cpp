// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Options.h"

#include <CLI/CLI.hpp>

#include <charconv>

namespace heirloom::cli {

void addSeed(CLI::App& command, std::uint64_t& seed, const std::string& meaning) {
    const auto isSeed = [](const std::string& text) -> std::string {
        std::uint64_t value = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failure == std::errc() && end == text.data() + text.size())
            return {};
        return "a seed is a whole number from 0 to 18446744073709551615, found " + text;
    };
    command.add_option("--seed", seed, meaning)->capture_default_str()->check(isSeed);
}

void addLimits(CLI::App& command, OpenOptions& options) {
    // The validator sees each word while the words are parsed, so that a wrong one is a wrong use.
    const auto set = [&options](const std::string& text) -> std::string {
        const auto done = options.limits.set(text);
        return done ? std::string() : done.error().message();
    };
    command
        .add_option_function<std::vector<std::string>>(
            "--limit",
            [](const std::vector<std::string>&) {},
            "NAME=NUMBER: raise or lower what a file may ask for; 'heirloom-cli limits' lists them")
        ->check(set)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Status requireKnownFamily(const OpenedModel& model, const std::string& file) {
    if (model.spec->family != "unknown")
        return {};
    std::string reason;
    for (const auto& note : model.spec->notes)
        reason += (reason.empty() ? "" : "; ") + note;
    return fail(file, "its tensors are of no family that can be trained here ({})", reason);
}

} // namespace heirloom::cli
