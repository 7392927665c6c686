// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/Interrupt.h"
#include "app/cli/Options.h"
#include "app/cli/RunPrinter.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/Families.h"
#include "core/model/OpenedModel.h"
#include "core/selection/InitializeStudent.h"
#include "core/storage/Export.h"
#include "core/training/EngineLoader.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace heirloom::cli {
namespace {

struct Words {
    std::string file;
    std::string data;
    std::string out;
    std::string optimizer = "adamw";
    FineTuneOptions options;
    bool baseline = false;
    bool json = false;
    std::vector<double> mean;
    std::vector<double> standardDeviation;
    OpenOptions open;
};

/// One run from a state dict to a file in the folder.
Status train(const Engine& engine,
             const std::string& run,
             const OpenedModel& model,
             const StateDict& weights,
             const Words& words,
             const std::filesystem::path& folder,
             RunLog& log) {
    RunControl control;
    RunPrinter printer(
        run, words.json ? RunPrinter::Form::Json : RunPrinter::Form::Text, control, &log);
    DataSource source{words.data, words.mean, words.standardDeviation};
    auto outcome = engine.fineTune(*model.spec, weights, source, words.options, printer, control);
    if (!outcome)
        return std::unexpected(outcome.error());

    ExportOptions target;
    target.path = folder / (run + ".safetensors");
    target.format = CheckpointFormat::Safetensors;
    if (model.checkpoint && run != "random")
        target.metadata = model.checkpoint->metadata(); // where it came from stays with it
    target.metadata["heirloom.model"] = canonicalName(*model.spec);
    target.metadata["heirloom.seed"] = std::to_string(words.options.seed);
    if (model.checkpoint)
        target.openFiles = model.checkpoint->files();
    const StopOnInterrupt interrupt;
    auto report = exportStudent(outcome->weights, target, interrupt.token());
    if (!report)
        return std::unexpected(report.error());
    if (!words.json)
        fmt::print("{}: {} tensors, {}; re-read and equal\n",
                   target.path.string(),
                   report->tensors,
                   byteCountText(static_cast<std::int64_t>(report->bytes)));
    if (outcome->ending == RunEnding::Diverged) {
        auto error = fail("run '" + run + "'", "{}", outcome->message);
        error.error().advice = "Lower --lr or lengthen --warmup; a loss that is not finite from "
                               "the start means NaN in the weights or the data. "
                               "The weights before that step are in " +
                               target.path.string();
        return error;
    }
    if (outcome->ending == RunEnding::Stopped && !words.json)
        fmt::print("stopped on request; the weights are those after the last whole step\n");
    return {};
}

/// Told before the first step, not after the last: neither run may be written over the file it
/// starts from.
Status refuseOwnFile(const OpenedModel& model, const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const char* name : {"student.safetensors", "random.safetensors"})
        if (model.checkpoint &&
            std::ranges::any_of(model.checkpoint->files(), [&](const auto& file) {
                return std::filesystem::equivalent(folder / name, file, ignored);
            })) {
            auto error =
                fail((folder / name).string(),
                     "this is the file to train from, and the result would be written over it");
            error.error().advice = "Choose another --out";
            return error;
        }
    return {};
}

Status run(Words& words) {
    if (words.optimizer == "sgd")
        words.options.optimizer = Optimizer::Sgd;
    if (auto valid = validate(words.options); !valid)
        return valid;
    auto model = openModel(words.file, ModelText::FileOrName, words.open);
    if (!model)
        return std::unexpected(model.error());
    if (auto known = requireKnownFamily(*model, words.file); !known)
        return known;
    const std::filesystem::path folder = words.out;
    if (auto free = refuseOwnFile(*model, folder); !free)
        return free;
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        return fail(folder.string(), "the folder cannot be made: {}", failure.message());
    StateDict weights;
    if (model->checkpoint) {
        auto read = model->checkpoint->readAll();
        if (!read)
            return std::unexpected(read.error());
        weights = std::move(*read);
    } else {
        weights = randomStudent(*model->spec, words.options.seed);
    }
    auto log = RunLog::create(folder / "metrics.jsonl");
    if (!log)
        return std::unexpected(log.error());
    auto engine = loadEngine();
    if (!engine)
        return std::unexpected(engine.error());
    catchInterrupt();
    const std::string name = model->checkpoint ? "student" : "random";
    if (auto status = train(**engine, name, *model, weights, words, folder, *log); !status)
        return status;
    if (words.baseline && model->checkpoint && !wasInterrupted())
        if (auto status = train(**engine,
                                "random",
                                *model,
                                randomStudent(*model->spec, words.options.seed),
                                words,
                                folder,
                                *log);
            !status)
            return status;
    return log->status();
}

} // namespace

Action addFinetune(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto& options = words->options;
    auto* command = app.add_subcommand(
        "finetune",
        "Train a checkpoint (or, from random weights, a model name) on labelled images");
    command->add_option("FILE", words->file, "Checkpoint, or a model name for random weights")
        ->required();
    command
        ->add_option("--data",
                     words->data,
                     "Folder train/<class>/*.jpg with test/ or val/ beside it, or an HDF5 file")
        ->required();
    command->add_option("--epochs", options.epochs, "Passes over the training images")
        ->capture_default_str();
    command->add_option("--out", words->out, "Folder for the weights and metrics.jsonl")
        ->required();
    command->add_option("--lr", options.learningRate, "Learning rate after the warm-up")
        ->capture_default_str();
    command->add_option("--batch-size", options.batchSize, "Images a step")->capture_default_str();
    addSeed(*command, options.seed, "Of order, augmentation and random weights");
    command->add_option("--device", options.device, "cpu, cuda, cuda:1")->capture_default_str();
    command->add_flag("--baseline", words->baseline, "Then train a random-init twin the same way");
    command->add_flag(
        "--json",
        words->json,
        "One JSON object a line: run, epoch, step, loss; run, epoch, val_loss, val_top1");
    command->add_option("--optimizer", words->optimizer, "adamw or sgd")
        ->capture_default_str()
        ->check(CLI::IsMember({"adamw", "sgd"}));
    command
        ->add_option("--weight-decay",
                     options.weightDecay,
                     "Not on biases, gains and other parameters of one axis")
        ->capture_default_str();
    command->add_option("--momentum", options.momentum, "Of sgd")->capture_default_str();
    command->add_option("--warmup", options.warmupEpochs, "Epochs of linear warm-up")
        ->capture_default_str();
    command->add_option("--min-lr", options.minimumLearningRate, "At the end of the cosine")
        ->capture_default_str();
    command->add_option("--label-smoothing", options.labelSmoothing, "In [0, 1)")
        ->capture_default_str();
    command->add_flag("--flip", options.flip, "Mirror half of the training images");
    command
        ->add_option(
            "--crop-padding", options.cropPadding, "Pixels of padding before a random crop")
        ->capture_default_str();
    command->add_option("--threads", options.threads, "CPU threads; 0: the engine's choice")
        ->capture_default_str();
    command
        ->add_option("--mean", words->mean, "Of pixels in [0, 1], one a channel: 0.485,0.456,0.406")
        ->delimiter(',');
    command->add_option("--std", words->standardDeviation, "Of pixels in [0, 1], one a channel")
        ->delimiter(',');
    addLimits(*command, words->open);
    return [words] { return run(*words); };
}

} // namespace heirloom::cli
