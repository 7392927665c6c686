// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Example.h"

#include "app/cli/Command.h"
#include "app/cli/Options.h"
#include "app/cli/Interrupt.h"
#include "app/cli/RunPrinter.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/OpenedModel.h"
#include "core/selection/InitializeStudent.h"
#include "core/storage/Export.h"
#include "core/training/EngineLoader.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <thread>

namespace heirloom::cli {
namespace {

struct Words {
    std::uint64_t seed = 0;
    int epochs = 0;
    std::string out = "heirloom-example";
    bool json = false;
};

struct Trained {
    Result<RunOutcome> outcome = std::unexpected(Error{});
    double top1 = 0;
};

Trained train(const Engine& engine,
              const std::string& run,
              const ModelSpec& model,
              const StateDict& weights,
              const Example& example,
              RunPrinter::Form form) {
    RunControl control;
    RunPrinter printer(run, form, control, nullptr);
    Trained trained;
    trained.outcome =
        engine.fineTune(model, weights, example.data, example.options, printer, control);
    trained.top1 = printer.top1();
    return trained;
}

Status run(const Words& words) {
    auto example = builtInExample();
    if (!example)
        return std::unexpected(example.error());
    example->options.seed = words.seed;
    if (words.epochs != 0)
        example->options.epochs = words.epochs;
    if (auto valid = validate(example->options); !valid)
        return valid;
    auto teacher = openModel(example->teacher.string(), ModelText::FileOnly);
    if (!teacher)
        return std::unexpected(teacher.error());
    auto student = openModel(example->studentName, ModelText::FileOrName);
    if (!student)
        return std::unexpected(student.error());
    SelectionOptions options;
    options.seed = words.seed;
    auto plan = planSelection(teacher->spec, student->spec, options, teacher->checkpoint.get());
    if (!plan)
        return std::unexpected(plan.error());
    auto weights = initializeStudent(*teacher->checkpoint, *plan);
    if (!weights)
        return std::unexpected(weights.error());

    const std::filesystem::path folder = words.out;
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        return fail(folder.string(), "the folder cannot be made: {}", failure.message());
    ExportOptions target;
    target.path = std::filesystem::absolute(folder / "student.safetensors").lexically_normal();
    target.format = CheckpointFormat::Safetensors;
    auto identity = identify(*teacher);
    if (!identity)
        return std::unexpected(identity.error());
    target.metadata = selectionMetadata(*plan, recipeOf(*plan, std::move(*identity)));
    target.openFiles = teacher->checkpoint->files();
    if (auto report = exportStudent(*weights, target, StopOnInterrupt().token()); !report)
        return std::unexpected(report.error());

    if (!words.json)
        fmt::print("teacher {}\nstudent {} <- first blocks, uniform, whole heads: {}\n",
                   teacher->title(),
                   student->title(),
                   target.path.string());
    auto engine = loadEngine();
    if (!engine)
        return std::unexpected(engine.error());
    // Both start at once, each in its own thread, as in the window.
    const auto form = words.json ? RunPrinter::Form::Silent : RunPrinter::Form::Text;
    const auto random = randomStudent(*student->spec, words.seed);
    Trained twin;
    std::thread twinThread(
        [&] { twin = train(**engine, "random", *student->spec, random, *example, form); });
    Trained selected = train(**engine, "selected", *student->spec, *weights, *example, form);
    twinThread.join();
    if (!selected.outcome)
        return std::unexpected(selected.outcome.error());
    if (!twin.outcome)
        return std::unexpected(twin.outcome.error());

    target.path =
        std::filesystem::absolute(folder / "student-finetuned.safetensors").lexically_normal();
    if (auto report =
            exportStudent(selected.outcome->weights, target, StopOnInterrupt().token());
        !report)
        return std::unexpected(report.error());
    const auto initial =
        std::filesystem::absolute(folder / "student.safetensors").lexically_normal();
    if (words.json) {
        const nlohmann::ordered_json line = {{"selected_top1", selected.top1},
                                             {"random_top1", twin.top1},
                                             {"student", initial.string()},
                                             {"finetuned", target.path.string()}};
        fmt::print("{}\n", line.dump());
    } else {
        fmt::print(
            "held-out top-1 after {} epochs: weight selection {:.1f} %, random init {:.1f} %\n",
            example->options.epochs,
            100 * selected.top1,
            100 * twin.top1);
        fmt::print("student as selected: {}\nstudent fine-tuned:  {}\n",
                   initial.string(),
                   target.path.string());
    }
    return {};
}

} // namespace

Action addExample(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand("example",
                                       "The built-in example: select a small digit reader from a "
                                       "larger one, train it beside a random twin");
    addSeed(*command, words->seed, "Of the random twin, data order and fresh parameters");
    command
        ->add_option("--epochs", words->epochs, "Passes over the training images; 8 when not given")
        ->check(CLI::Range(1, 100000));
    command->add_option("--out", words->out, "Folder for the students")->capture_default_str();
    command->add_flag(
        "--json", words->json, "One JSON object: selected_top1, random_top1, student");
    return [words] { return run(*words); };
}

} // namespace heirloom::cli
