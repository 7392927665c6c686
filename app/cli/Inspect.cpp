// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/CostText.h"
#include "core/checkpoint/PlainText.h"
#include "core/model/ModelCost.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string file;
    std::int64_t tokens = usualTextTokens;
    bool json = false;
};

/// The model's cost; `bytes` are those of the file's tensors.
ModelCost costOf(const OpenedModel& model, std::int64_t tokens) {
    auto cost = modelCost(*model.spec, {.textTokens = tokens});
    cost.bytes = 0;
    for (const auto& tensor : model.checkpoint->tensors())
        cost.bytes += tensor.bytes();
    return cost;
}

void printJson(const OpenedModel& model, const ModelCost& cost, std::int64_t tokens) {
    nlohmann::ordered_json answer;
    answer["format"] = model.checkpoint->format();
    answer["family"] = model.spec->family;
    answer["model"] = model.spec->name;
    std::int64_t elements = 0;
    auto tensors = nlohmann::ordered_json::array();
    for (const auto& tensor : model.checkpoint->tensors()) {
        elements += tensor.elements();
        tensors.push_back(
            {{"name", tensor.name}, {"dtype", dtypeName(tensor.dtype)}, {"shape", tensor.shape}});
    }
    answer["parameters"] = model.spec->family == "unknown" ? elements : cost.parameters;
    if (knowsMacs(*model.spec))
        answer["macs"] = cost.macs;
    if (cost.readsText)
        answer["text_tokens"] = tokens;
    answer["bytes"] = cost.bytes;
    answer["tensors"] = std::move(tensors);
    if (!model.checkpoint->notes().empty() || !model.spec->notes.empty()) {
        auto notes = model.checkpoint->notes();
        notes.insert(notes.end(), model.spec->notes.begin(), model.spec->notes.end());
        answer["notes"] = notes;
    }
    // A name from a file may be any bytes; replacing what is not UTF-8 keeps the line valid JSON.
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void printTable(const OpenedModel& model, const ModelCost& cost, std::int64_t tokens) {
    std::size_t width = 4;
    for (const auto& tensor : model.checkpoint->tensors())
        width = std::max(width, tensor.name.size());
    for (const auto& tensor : model.checkpoint->tensors())
        fmt::print("{:<{}}  {:<8}  {}\n",
                   harmlessText(tensor.name),
                   width,
                   dtypeName(tensor.dtype),
                   shapeText(tensor.shape));
    fmt::print("{}: {}, {} tensors, {} · {}\n",
               harmlessText(model.checkpoint->path().string()),
               model.checkpoint->format(),
               model.checkpoint->tensors().size(),
               model.title(),
               costText(cost, tokens));
    for (const auto& note : model.checkpoint->notes())
        fmt::print("note: {}\n", harmlessText(note));
    for (const auto& note : model.spec->notes)
        fmt::print("note: {}\n", harmlessText(note));
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
        "--json", words->json, "One JSON object: format, family, parameters, macs, bytes, tensors");
    command->add_option("--tokens", words->tokens, "Length of the text for which MACs are counted")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    return [words]() -> Status {
        auto model = openModel(words->file, ModelText::FileOnly);
        if (!model)
            return std::unexpected(model.error());
        const auto cost = costOf(*model, words->tokens);
        if (words->json)
            printJson(*model, cost, words->tokens);
        else
            printTable(*model, cost, words->tokens);
        return {};
    };
}

} // namespace heirloom::cli
