// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/SelectionWords.h"

#include "app/cli/Options.h"
#include "core/selection/Strategy.h"

#include <CLI/CLI.hpp>

namespace heirloom::cli {

std::string strategyHelp() {
    std::string text = "Strategies (R):\n";
    for (const auto* strategy : strategies())
        text += fmt::format("  {:<14} {}\n", strategy->name, strategy->meaning);
    text += "with options after a colon: random:seed=3, consecutive:position=centre, "
            "magnitude:norm=1,\n"
            "explicit:indices=0-2-5, uniform:heads=blended (heads are kept whole otherwise).\n"
            "SPACE is a name or a pattern: residual, blocks.3.mlp, 'blocks.*.heads'.";
    return text;
}

bool SelectionWords::anyGiven() const {
    for (const auto* word : {"--layers",
                             "--element",
                             "--set",
                             "--weights",
                             "--set-weights",
                             "--growth",
                             "--as-published",
                             "--seed"})
        if (m_command->count(word) > 0)
            return true;
    return false;
}

void SelectionWords::addTo(CLI::App& command) {
    m_command = &command;
    command.add_option("--layers", layers, "first, last, uniform, or by hand: blocks=0-2-4-6")
        ->capture_default_str();
    command.add_option("--element", element, "Strategy of every index space")
        ->capture_default_str();
    command
        .add_option(
            "--set", set, "SPACE=R: another strategy for one index space; may be given again")
        ->allow_extra_args(false);
    command
        .add_option(
            "--weights", weights, "What becomes of the selected slices: a rule W of the list below")
        ->capture_default_str();
    command
        .add_option("--set-weights",
                    setWeights,
                    "PARAMETER=W: another rule for some parameters; may be given again")
        ->allow_extra_args(false);
    command
        .add_option(
            "--growth", growth, "Where the student is wider or deeper: none, net2net, stack")
        ->capture_default_str();
    command.add_flag("--as-published", asPublished, "The authors' per-tensor rule, bit for bit");
    addSeed(command, seed, "Of random strategies and of what is fresh");
    command.footer(strategyHelp());
}

Result<SelectionOptions> SelectionWords::options() const {
    SelectionOptions options;
    auto parsedLayers = parseLayerSelection(layers);
    if (!parsedLayers)
        return std::unexpected(parsedLayers.error());
    auto parsedElement = parseElementSelection(element);
    if (!parsedElement)
        return std::unexpected(parsedElement.error());
    options.layers = std::move(*parsedLayers);
    options.element = std::move(*parsedElement);
    for (const auto& word : set) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            auto error = fail("--set " + word, "expected SPACE=R, found no space before '='");
            error.error().advice = "Write for example --set blocks.3.mlp=magnitude";
            return error;
        }
        auto selection = parseElementSelection(std::string_view(word).substr(equals + 1));
        if (!selection)
            return std::unexpected(selection.error());
        options.spaces.emplace_back(word.substr(0, equals), std::move(*selection));
    }
    auto parsedWeights = parseWeightSelection(weights);
    if (!parsedWeights)
        return std::unexpected(parsedWeights.error());
    options.weights = std::move(*parsedWeights);
    for (const auto& word : setWeights) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            auto error = fail("--set-weights " + word,
                              "expected PARAMETER=W, found no parameter before '='");
            error.error().advice = "Write for example --set-weights '*.bias=stock'";
            return error;
        }
        auto rule = parseWeightSelection(std::string_view(word).substr(equals + 1));
        if (!rule)
            return std::unexpected(rule.error());
        options.parameters.emplace_back(word.substr(0, equals), std::move(*rule));
    }
    auto parsedGrowth = parseGrowth(growth);
    if (!parsedGrowth)
        return std::unexpected(parsedGrowth.error());
    options.growth = *parsedGrowth;
    if (asPublished && options != SelectionOptions{}) {
        auto error =
            fail("--as-published",
                 "the published rule has no choices, and --layers, --element, --set, --weights or "
                 "--growth makes one");
        error.error().advice = "Leave one of them out";
        return error;
    }
    options.asPublished = asPublished;
    options.seed = seed;
    return options;
}

} // namespace heirloom::cli
