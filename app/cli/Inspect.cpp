// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/CostText.h"
#include "app/cli/Options.h"
#include "core/checkpoint/PlainText.h"
#include "core/model/ModelCost.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace heirloom::cli {
namespace {

struct Words {
    std::string file;
    std::string nest;
    std::string prefix;
    std::int64_t tokens = usualTextTokens;
    bool json = false;
    OpenOptions open;
};

/// One of a file's state dicts, and what its tensors are called beside those of the others.
struct Shown {
    OpenedModel model;
    std::string front; ///< "model_ema."; empty where only one is shown
};

/// The model's cost; `bytes` are those of the file's tensors.
ModelCost costOf(const OpenedModel& model, std::int64_t tokens) {
    auto cost = modelCost(*model.spec, {.textTokens = tokens});
    cost.bytes = 0;
    for (const auto& tensor : model.checkpoint->tensors())
        cost.bytes += tensor.bytes();
    return cost;
}

/// What a user can choose from, and what is chosen.
void addChoices(nlohmann::ordered_json& answer, const Checkpoint& checkpoint, bool showsAll) {
    auto nests = nlohmann::ordered_json::array();
    for (const NestChoice& nest : checkpoint.nests())
        nests.push_back({{"path", nest.path}, {"tensors", nest.tensors}});
    answer["nests"] = std::move(nests);
    answer["nest"] = showsAll ? "all" : checkpoint.nest();
    answer["prefixes"] = checkpoint.prefixes();
    answer["prefix"] = checkpoint.prefix();
}

std::vector<std::string> notesOf(const OpenedModel& model) {
    auto notes = model.checkpoint->notes();
    notes.insert(notes.end(), model.spec->notes.begin(), model.spec->notes.end());
    return notes;
}

void printJson(const std::vector<Shown>& shown, std::int64_t tokens) {
    const OpenedModel& model = shown.front().model;
    const auto cost = costOf(model, tokens);
    nlohmann::ordered_json answer;
    answer["format"] = model.checkpoint->format();
    answer["family"] = model.spec->family;
    answer["model"] = model.spec->name;
    std::int64_t elements = 0, bytes = 0;
    auto tensors = nlohmann::ordered_json::array();
    for (const Shown& one : shown) {
        for (const auto& tensor : one.model.checkpoint->tensors()) {
            if (&one == &shown.front())
                elements += tensor.elements();
            bytes += tensor.bytes();
            tensors.push_back({{"name", one.front + tensor.name},
                               {"dtype", dtypeName(tensor.dtype)},
                               {"shape", tensor.shape}});
        }
    }
    answer["parameters"] = model.spec->family == "unknown" ? elements : cost.parameters;
    if (knowsMacs(*model.spec))
        answer["macs"] = cost.macs;
    if (cost.readsText)
        answer["text_tokens"] = tokens;
    answer["bytes"] = bytes;
    addChoices(answer, *model.checkpoint, shown.size() > 1);
    answer["tensors"] = std::move(tensors);
    if (const auto notes = notesOf(model); !notes.empty())
        answer["notes"] = notes;
    // A name from a file may be any bytes; replacing what is not UTF-8 keeps the line valid JSON.
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void printTable(const Shown& shown, std::int64_t tokens) {
    const OpenedModel& model = shown.model;
    std::size_t width = 4;
    for (const auto& tensor : model.checkpoint->tensors())
        width = std::max(width, shown.front.size() + tensor.name.size());
    for (const auto& tensor : model.checkpoint->tensors())
        fmt::print("{:<{}}  {:<8}  {}\n",
                   harmlessText(shown.front + tensor.name),
                   width,
                   dtypeName(tensor.dtype),
                   shapeText(tensor.shape));
    fmt::print("{}: {}, {} tensors, {} · {}\n",
               harmlessText(model.checkpoint->path().string()),
               model.checkpoint->format(),
               model.checkpoint->tensors().size(),
               model.title(),
               costText(costOf(model, tokens), tokens));
    for (const auto& note : notesOf(model))
        fmt::print("note: {}\n", harmlessText(note));
}

/// The state dict that the words ask for; each of them for `--nest all`.
Result<std::vector<Shown>> openShown(const Words& words, bool hasNest, bool hasPrefix) {
    OpenOptions options = words.open;
    const bool wantsAll = hasNest && words.nest == "all";
    if (hasNest && !wantsAll)
        options.nest = words.nest;
    if (hasPrefix)
        options.prefix = words.prefix;
    auto first = openModel(words.file, ModelText::FileOnly, options);
    if (!first)
        return std::unexpected(first.error());
    std::vector<Shown> shown;
    const auto nests =
        wantsAll ? first->checkpoint->nests() : std::vector<NestChoice>{}; // `first` moves away
    shown.push_back({std::move(*first), {}});
    if (nests.size() < 2)
        return shown;
    shown.clear();
    for (const NestChoice& nest : nests) {
        options.nest = nest.path;
        auto model = openModel(words.file, ModelText::FileOnly, options);
        if (!model)
            return std::unexpected(model.error());
        shown.push_back({std::move(*model), nest.path.empty() ? "" : nest.path + "."});
    }
    return shown;
}

} // namespace

Action addInspect(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand(
        "inspect", "List the tensors of a checkpoint and the architecture they make");
    command
        ->add_option("FILE",
                     words->file,
                     "Checkpoint: .safetensors, .pth, .pt, .bin, .h5; add :heads=N where the file "
                     "cannot tell")
        ->required();
    command->add_flag(
        "--json",
        words->json,
        "One JSON object: format, family, parameters, macs, bytes, nests, prefixes, tensors");
    auto* nest = command->add_option(
        "--nest",
        words->nest,
        "Which of the file's state dicts, by its path; 'all' lists every one; '' the whole file");
    auto* prefix = command->add_option(
        "--prefix", words->prefix, "What to take off the front of the names; '' nothing");
    addLimits(*command, words->open);
    command->add_option("--tokens", words->tokens, "Length of the text for which MACs are counted")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    return [words, nest, prefix]() -> Status {
        const auto shown = openShown(*words, nest->count() > 0, prefix->count() > 0);
        if (!shown)
            return std::unexpected(shown.error());
        if (words->json)
            printJson(*shown, words->tokens);
        else
            for (const Shown& one : *shown)
                printTable(one, words->tokens);
        return {};
    };
}

} // namespace heirloom::cli
