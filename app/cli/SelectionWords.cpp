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

void SelectionWords::addTo(CLI::App& command) {
    command.add_option("--layers", layers, "first, last, uniform, or by hand: blocks=0-2-4-6")
        ->capture_default_str();
    command.add_option("--element", element, "Strategy of every index space")
        ->capture_default_str();
    command
        .add_option(
            "--set", set, "SPACE=R: another strategy for one index space; may be given again")
        ->allow_extra_args(false);
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
    if (asPublished && options != SelectionOptions{}) {
        auto error =
            fail("--as-published",
                 "the published rule has no choices, and --layers, --element or --set makes one");
        error.error().advice = "Leave one of them out";
        return error;
    }
    options.asPublished = asPublished;
    options.seed = seed;
    return options;
}

} // namespace heirloom::cli
