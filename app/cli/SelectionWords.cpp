// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/SelectionWords.h"

#include "app/cli/Options.h"
#include "core/selection/RuleList.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace heirloom::cli {

namespace {

/// "first, last, uniform, ..." of one kind.
std::string namesOf(RuleKind kind) {
    std::string names;
    for (const auto& rule : ruleList())
        if (rule.kind == kind)
            names += (names.empty() ? "" : ", ") + std::string(rule.name);
    return names;
}

/// "random  [:seed=N,consistent=true|false]" and its meaning on the next line.
std::string helpOf(const RuleEntry& rule) {
    std::string options;
    for (const auto& option : rule.options)
        options += fmt::format("{}{}={}",
                               options.empty() ? ":" : ",",
                               option.name,
                               option.values.contains(' ') ? "..." : option.values);
    return fmt::format(
        "  {}{}\n      {}\n", rule.name, options.empty() ? "" : "[" + options + "]", rule.meaning);
}

/// Every rule that a selection can name, with its options and meaning.
std::string rulesHelp() {
    std::string text;
    for (const auto& [kind, title] :
         {std::pair{RuleKind::Layers, "Rules of layers (--layers)"},
          {RuleKind::Elements, "Rules of elements R (--element, --set)"},
          {RuleKind::Weights, "Rules of weights W (--weights, --set-weights)"},
          {RuleKind::Growth, "Growth (--growth)"}}) {
        text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", title);
        for (const auto& rule : ruleList())
            if (rule.kind == kind)
                text += helpOf(rule);
    }
    return text +
           "\nOptions follow a colon: consecutive:position=centre,heads=blended. Layers by hand:\n"
           "blocks=0-2-4-6; a rule for one stack: first,stages.2.blocks:last. SPACE and PARAMETER "
           "are\n"
           "names or patterns: residual, blocks.3.mlp, 'blocks.*.heads'. Sources of the rules:\n"
           "heirloom-cli strategies --markdown.";
}

} // namespace

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
    command
        .add_option("--layers", layers, namesOf(RuleKind::Layers) + ", or by hand: blocks=0-2-4-6")
        ->capture_default_str();
    command.add_option("--element", element, "Rule of every index space")->capture_default_str();
    command
        .add_option("--set", set, "SPACE=R: another rule for one index space; may be given again")
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
        .add_option("--growth",
                    growth,
                    "Where the student is wider or deeper: none, " + namesOf(RuleKind::Growth))
        ->capture_default_str();
    command.add_flag("--as-published", asPublished, "The authors' per-tensor rule, bit for bit");
    addSeed(command, seed, "Of random strategies and of what is fresh");
    command.footer(rulesHelp());
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
