// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/CostText.h"
#include "app/cli/Options.h"
#include "app/cli/TensorList.h"
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
    bool hash = false;
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

/// What the command was asked to read of each tensor.
Hashes hashesOf(const Words& words) { return words.hash ? Hashes::Sha256 : Hashes::None; }

Status printJson(const std::vector<Shown>& shown, const Words& words) {
    const OpenedModel& model = shown.front().model;
    const auto cost = costOf(model, words.tokens);
    nlohmann::ordered_json answer;
    answer["format"] = model.checkpoint->format();
    answer["family"] = model.spec->family;
    answer["model"] = model.spec->name;
    std::int64_t elements = 0, bytes = 0;
    std::vector<ListedTensors> lists;
    for (const auto& tensor : model.checkpoint->tensors())
        elements += tensor.elements();
    for (const Shown& one : shown) {
        for (const auto& tensor : one.model.checkpoint->tensors())
            bytes += tensor.bytes();
        lists.push_back({*one.model.checkpoint, one.front});
    }
    answer["parameters"] = model.spec->family == "unknown" ? elements : cost.parameters;
    if (knowsMacs(*model.spec))
        answer["macs"] = cost.macs;
    if (cost.readsText)
        answer["text_tokens"] = words.tokens;
    answer["bytes"] = bytes;
    addChoices(answer, *model.checkpoint, shown.size() > 1);
    auto last = nlohmann::ordered_json::object();
    if (const auto notes = notesOf(model); !notes.empty())
        last["notes"] = notes;
    return printTensorsJson(answer, lists, hashesOf(words), last);
}

Status printTable(const Shown& shown, const Words& words) {
    const OpenedModel& model = shown.model;
    if (auto done = printTensorsTable({*model.checkpoint, shown.front}, hashesOf(words)); !done)
        return done;
    fmt::print("{}: {}, {} tensors, {} · {}\n",
               harmlessText(model.checkpoint->path().string()),
               model.checkpoint->format(),
               model.checkpoint->tensors().size(),
               model.title(),
               costText(costOf(model, words.tokens), words.tokens));
    for (const auto& note : notesOf(model))
        fmt::print("note: {}\n", harmlessText(note));
    return {};
}

/// The state dict that the words ask for; each of them for `--nest all`.
Result<std::vector<Shown>> openShown(const Words& words, bool hasNest, bool hasPrefix) {
    OpenOptions options = words.open;
    const bool wantsAll = hasNest && words.nest == "all";
    if (hasNest && !wantsAll)
        options.nest = words.nest;
    if (hasPrefix)
        options.prefix = words.prefix;
    auto first = listModel(words.file, options);
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
        auto model = listModel(words.file, options);
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
                     "Checkpoint: .safetensors, .pth, .pt, .bin, .h5, .npz, .gguf, a folder; add "
                     ":heads=N where the file cannot tell")
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
    command->add_flag("--hash",
                      words->hash,
                      "Also the SHA-256 of each tensor's elements (row-major, little endian)");
    addLimits(*command, words->open);
    command->add_option("--tokens", words->tokens, "Length of the text for which MACs are counted")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    return [words, nest, prefix]() -> Status {
        const auto shown = openShown(*words, nest->count() > 0, prefix->count() > 0);
        if (!shown)
            return std::unexpected(shown.error());
        if (words->json)
            return printJson(*shown, *words);
        for (const Shown& one : *shown)
            if (auto done = printTable(one, *words); !done)
                return done;
        return {};
    };
}

} // namespace heirloom::cli
