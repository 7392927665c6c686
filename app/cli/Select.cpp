// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/SelectionWords.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/OpenedModel.h"
#include "core/selection/InitializeStudent.h"
#include "core/storage/Export.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string teacher;
    std::string student;
    std::string out;
    SelectionWords selection;
};

Status run(const Words& words) {
    const auto format = formatForPath(words.out);
    if (!format)
        return std::unexpected(format.error());
    auto teacher = openModel(words.teacher, ModelText::FileOnly);
    if (!teacher)
        return std::unexpected(teacher.error());
    auto student = openModel(words.student, ModelText::FileOrName);
    if (!student)
        return std::unexpected(student.error());
    auto options = words.selection.options();
    if (!options)
        return std::unexpected(options.error());
    auto plan = planSelection(teacher->spec, student->spec, *options, teacher->checkpoint.get());
    if (!plan)
        return std::unexpected(plan.error());
    auto weights = initializeStudent(*teacher->checkpoint, *plan);
    if (!weights)
        return std::unexpected(weights.error());

    ExportOptions target;
    target.path = words.out;
    target.format = *format;
    target.metadata = selectionMetadata(*plan, teacher->checkpoint->path());
    target.digest = false; // not printed, and it would be half of the time
    target.openFiles = {teacher->checkpoint->path()};
    if (student->checkpoint)
        target.openFiles.push_back(student->checkpoint->path());
    auto report = exportStudent(*weights, target);
    if (!report)
        return std::unexpected(report.error());

    fmt::print("{} <- {}\n", student->spec->name, teacher->title());
    fmt::print("{}: {} tensors, {} parameters, {}; re-read and equal\n",
               words.out,
               report->tensors,
               shortCountText(student->spec->parameterCount()),
               byteCountText(static_cast<std::int64_t>(report->bytes)));
    std::int64_t counters = 0;
    for (std::size_t i = 0; i < plan->parameters.size(); ++i) {
        const auto& parameter = plan->parameters[i];
        const bool isCounter = !isFloatingPoint(student->spec->parameters[i].dtype);
        if (parameter.origin == Origin::Fresh && isCounter)
            ++counters; // nothing is drawn for them, and there is one for every normalisation
        else if (parameter.origin == Origin::Fresh)
            fmt::print("fresh: {} ({}; seed {})\n",
                       parameter.student,
                       parameter.reason,
                       plan->options.seed);
        else if (parameter.origin == Origin::Resampled)
            fmt::print("resampled: {} ({})\n", parameter.student, parameter.reason);
    }
    if (counters > 0)
        fmt::print("fresh: {} batch counters start at 0 (the teacher has none)\n", counters);
    for (const auto& note : teacher->spec->notes)
        fmt::print("note: teacher: {}\n", note);
    for (const auto& note : student->spec->notes)
        fmt::print("note: student: {}\n", note);
    for (const auto& note : plan->notes)
        fmt::print("note: {}\n", note);
    return {};
}

} // namespace

Action addSelect(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand(
        "select", "Initialise a student from a teacher's weights and write its checkpoint");
    command
        ->add_option(
            "TEACHER", words->teacher, "Checkpoint; add :heads=N where the file cannot tell")
        ->required();
    command
        ->add_option("--student",
                     words->student,
                     "Model name (vit_tiny_patch16_224), a name with changes\n"
                     "(vit_tiny_patch16_224:num_classes=100,depth=6), or a checkpoint")
        ->required();
    command->add_option("-o,--out", words->out, "Where to write: .safetensors, .pth .pt .bin, .h5")
        ->required();
    words->selection.addTo(*command);
    return [words] { return run(*words); };
}

} // namespace heirloom::cli
