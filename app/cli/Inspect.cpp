// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "core/checkpoint/PlainText.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string file;
    bool json = false;
};

void printJson(const OpenedModel& model) {
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
    answer["parameters"] =
        model.spec->family == "unknown" ? elements : model.spec->parameterCount();
    answer["tensors"] = std::move(tensors);
    if (!model.checkpoint->notes().empty() || !model.spec->notes.empty()) {
        auto notes = model.checkpoint->notes();
        notes.insert(notes.end(), model.spec->notes.begin(), model.spec->notes.end());
        answer["notes"] = notes;
    }
    // A name from a file may be any bytes; replacing what is not UTF-8 keeps the line valid JSON.
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void printTable(const OpenedModel& model) {
    std::size_t width = 4;
    for (const auto& tensor : model.checkpoint->tensors())
        width = std::max(width, tensor.name.size());
    for (const auto& tensor : model.checkpoint->tensors())
        fmt::print("{:<{}}  {:<8}  {}\n",
                   harmlessText(tensor.name),
                   width,
                   dtypeName(tensor.dtype),
                   shapeText(tensor.shape));
    fmt::print("{}: {}, {} tensors, {}\n",
               harmlessText(model.checkpoint->path().string()),
               model.checkpoint->format(),
               model.checkpoint->tensors().size(),
               model.title());
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
        "--json", words->json, "One JSON object: format, family, parameters, tensors");
    return [words]() -> Status {
        auto model = openModel(words->file, ModelText::FileOnly);
        if (!model)
            return std::unexpected(model.error());
        if (words->json)
            printJson(*model);
        else
            printTable(*model);
        return {};
    };
}

} // namespace heirloom::cli
