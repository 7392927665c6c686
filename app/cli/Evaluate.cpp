// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/Options.h"
#include "core/model/OpenedModel.h"
#include "core/training/EngineLoader.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string file;
    std::string data;
    std::string device = "cpu";
    std::vector<double> mean;
    std::vector<double> standardDeviation;
    bool json = false;
    OpenOptions open;
};

Status run(const Words& words) {
    auto model = openModel(words.file, ModelText::FileOnly, words.open);
    if (!model)
        return std::unexpected(model.error());
    if (auto known = requireKnownFamily(*model, words.file); !known)
        return known;
    auto weights = model->checkpoint->readAll();
    if (!weights)
        return std::unexpected(weights.error());
    auto engine = loadEngine();
    if (!engine)
        return std::unexpected(engine.error());
    RunControl control;
    const DataSource source{words.data, words.mean, words.standardDeviation};
    auto answer = (*engine)->evaluate(*model->spec, *weights, source, words.device, control);
    if (!answer)
        return std::unexpected(answer.error());
    if (words.json) {
        const nlohmann::ordered_json line = {
            {"correct", answer->correct}, {"total", answer->total}, {"loss", answer->loss}};
        fmt::print("{}\n", line.dump());
    } else {
        fmt::print("{} of {} right ({:.2f} %), loss {:.4f} nats\n",
                   answer->correct,
                   answer->total,
                   100.0 * static_cast<double>(answer->correct) /
                       static_cast<double>(std::max<std::int64_t>(answer->total, 1)),
                   answer->loss);
    }
    return {};
}

} // namespace

Action addEvaluate(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command =
        app.add_subcommand("evaluate", "Count how many held-out images a checkpoint gets right");
    command->add_option("FILE", words->file, "Checkpoint")->required();
    command
        ->add_option("--data",
                     words->data,
                     "Folder of classes (or one that holds test/ or val/), or an HDF5 file")
        ->required();
    command->add_option("--device", words->device, "cpu, cuda, cuda:1")->capture_default_str();
    command
        ->add_option("--mean", words->mean, "Of pixels in [0, 1], one a channel: 0.485,0.456,0.406")
        ->delimiter(',');
    command->add_option("--std", words->standardDeviation, "Of pixels in [0, 1], one a channel")
        ->delimiter(',');
    command->add_flag("--json", words->json, "One JSON object: correct, total, loss");
    addLimits(*command, words->open);
    return [words] { return run(*words); };
}

} // namespace heirloom::cli
