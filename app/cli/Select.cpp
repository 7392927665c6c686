// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/Interrupt.h"
#include "app/cli/Options.h"
#include "app/cli/SelectionWords.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/OpenedModel.h"
#include "core/model/Translation.h"
#include "core/selection/SelectedCheckpoint.h"
#include "core/storage/Export.h"
#include "core/storage/Recipe.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string teacher;
    std::string student;
    std::string out;
    std::string recipe;
    std::string saveRecipe;
    bool anyTeacher = false;
    std::string dtype = "keep";
    std::uint64_t maxShardSize = 0;
    SelectionWords selection;
    OpenOptions open;
};

/// What is to be done: by the words, or by a recipe.
struct Job {
    OpenedModel opened;                            ///< the teacher as its file has it
    OpenedModel teacher;                           ///< under the student's names
    std::shared_ptr<const Checkpoint> studentFile; ///< null for a student given by name
    SelectionPlan plan;
    Recipe recipe;
};

Result<OpenedModel> openStudent(const Words& words) {
    if (words.student.empty())
        return OpenedModel{};
    return openModel(words.student, ModelText::FileOrName, words.open);
}

Result<Job> jobOfWords(const Words& words) {
    if (words.student.empty())
        return std::unexpected(Error{"--student",
                                     "a student is needed, or a recipe that names one",
                                     "Give --student MODEL or --recipe FILE"});
    auto teacher = openModel(words.teacher, ModelText::FileOnly, words.open);
    if (!teacher)
        return std::unexpected(teacher.error());
    auto student = openStudent(words);
    if (!student)
        return std::unexpected(student.error());
    const auto options = words.selection.options();
    if (!options)
        return std::unexpected(options.error());
    auto spoken = spokenLike(*teacher, *student->spec);
    if (!spoken)
        return std::unexpected(spoken.error());
    auto plan = planSelection(spoken->spec, student->spec, *options, spoken->checkpoint.get());
    if (!plan)
        return std::unexpected(plan.error());
    auto identity = identify(*teacher);
    if (!identity)
        return std::unexpected(identity.error());
    auto recipe = recipeOf(*plan, std::move(*identity));
    return Job{std::move(*teacher),
               std::move(*spoken),
               student->checkpoint,
               std::move(*plan),
               std::move(recipe)};
}

Result<Job> jobOfRecipe(const Words& words) {
    if (words.selection.areGiven())
        return std::unexpected(Error{"--recipe",
                                     "a recipe holds every choice, and other words make some, too",
                                     "Leave the recipe or the other words out"});
    auto recipe = readRecipe(words.recipe);
    if (!recipe)
        return std::unexpected(recipe.error());
    auto student = openStudent(words);
    if (!student)
        return std::unexpected(student.error());
    auto planned = planRecipe(*recipe,
                              words.teacher,
                              words.anyTeacher ? TeacherCheck::Any : TeacherCheck::Same,
                              student->spec,
                              words.open);
    if (!planned)
        return std::unexpected(planned.error());
    auto identity = identify(planned->opened);
    if (!identity)
        return std::unexpected(identity.error());
    // The file may have another name here; what it was called there is kept, so that the student
    // is the same to the last byte.
    if (identity->fingerprint == recipe->teacher.fingerprint)
        identity->file = recipe->teacher.file;
    auto made = recipeOf(planned->plan, std::move(*identity));
    return Job{std::move(planned->opened),
               std::move(planned->teacher),
               student->checkpoint,
               std::move(planned->plan),
               std::move(made)};
}

void printReport(const Words& words, const Job& job, const ExportReport& report) {
    const auto& student = *job.plan.student;
    fmt::print("{} <- {}\n", student.name, job.opened.title());
    const bool isSharded = report.files.size() > 1;
    fmt::print("{}{}: {} tensors, {} parameters, {}; re-read and equal\n",
               isSharded ? report.files.back().string() : words.out,
               isSharded ? fmt::format(" and {} shards", report.files.size() - 1) : "",
               report.tensors,
               shortCountText(student.parameterCount()),
               byteCountText(static_cast<std::int64_t>(report.bytes)));
    std::int64_t counters = 0;
    for (std::size_t i = 0; i < job.plan.parameters.size(); ++i) {
        const auto& parameter = job.plan.parameters[i];
        const bool isCounter = !isFloatingPoint(student.parameters[i].dtype);
        if (parameter.origin == Origin::Fresh && isCounter)
            ++counters; // nothing is drawn for them, and there is one for every normalisation
        else if (parameter.constant || parameter.isIdentity)
            fmt::print("made: {} ({})\n", parameter.student, parameter.reason);
        else if (parameter.origin == Origin::Fresh)
            fmt::print("fresh: {} ({}; seed {})\n",
                       parameter.student,
                       parameter.reason,
                       job.plan.options.seed);
        else if (parameter.origin == Origin::Resampled)
            fmt::print("resampled: {} ({})\n", parameter.student, parameter.reason);
    }
    if (counters > 0)
        fmt::print("fresh: {} batch counters start at 0 (the teacher has none)\n", counters);
    if (const auto dtype = dtypeFromName(words.dtype))
        if (const auto lost = overflowText(report.overflows, *dtype); !lost.empty())
            fmt::print("overflow: {}\n", lost);
    if (const auto left = leftoverText(report); !left.empty())
        fmt::print("note: {}\n", left);
    for (const auto& note : job.teacher.spec->notes)
        fmt::print("note: teacher: {}\n", note);
    for (const auto& note : student.notes)
        fmt::print("note: student: {}\n", note);
    for (const auto& note : job.plan.notes)
        fmt::print("note: {}\n", note);
    if (!words.saveRecipe.empty())
        fmt::print("recipe: {}\n", words.saveRecipe);
}

Status run(const Words& words) {
    const auto format = formatForPath(words.out);
    if (!format)
        return std::unexpected(format.error());
    auto job = words.recipe.empty() ? jobOfWords(words) : jobOfRecipe(words);
    if (!job)
        return std::unexpected(job.error());
    // Nothing of the student is made before the writer asks for it, nor kept after.
    const auto weights = selectedCheckpoint(job->teacher.checkpoint, borrowed(job->plan));
    if (!weights)
        return std::unexpected(weights.error());

    if (words.maxShardSize > 0 && *format != CheckpointFormat::Safetensors)
        return std::unexpected(Error{"--max-shard-size",
                                     "only safetensors are written in shards",
                                     "Write to a .safetensors file, or leave it out"});

    ExportOptions target;
    target.path = words.out;
    target.format = *format;
    target.metadata = selectionMetadata(job->plan, job->recipe);
    target.dtype = dtypeFromName(words.dtype); // none for "keep"
    target.maxShardBytes = words.maxShardSize;
    target.digest = false; // not printed
    target.openFiles = job->opened.checkpoint->files();
    if (job->studentFile)
        std::ranges::copy(job->studentFile->files(), std::back_inserter(target.openFiles));
    const StopOnInterrupt interrupt;
    auto report = exportStudent(**weights, target, interrupt.token());
    if (!report)
        return std::unexpected(report.error());
    if (!words.saveRecipe.empty())
        if (auto written = writeRecipe(job->recipe, words.saveRecipe); !written)
            return written;
    printReport(words, *job, *report);
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
    command->add_option("--student",
                        words->student,
                        "Model name (vit_tiny_patch16_224), a name with changes\n"
                        "(vit_tiny_patch16_224:num_classes=100,depth=6), config.json, or a "
                        "checkpoint");
    command->add_option("-o,--out", words->out, "Where to write: .safetensors, .pth .pt .bin, .h5")
        ->required();
    command->add_option("--recipe",
                        words->recipe,
                        "Make the selection of a .heirloom.json file, or of a checkpoint that "
                        "holds its recipe, again");
    command->add_flag("--any-teacher",
                      words->anyTeacher,
                      "With --recipe: also from other weights than the recipe's own");
    command->add_option(
        "--save-recipe", words->saveRecipe, "Write the recipe beside it, as .heirloom.json");
    command
        ->add_option(
            "--dtype",
            words->dtype,
            "Of the written floating-point tensors: F32, F16, BF16, F8_E4M3, F8_E5M2, F64, "
            "or keep;\nrounded to the nearest, what is too large is counted and said")
        ->capture_default_str()
        ->check(CLI::IsMember({"keep", "F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"}));
    command
        ->add_option("--max-shard-size",
                     words->maxShardSize,
                     "Of .safetensors: at most so much tensor data in one file (2GB, 500MB); more "
                     "becomes shards with an index")
        ->transform(CLI::AsSizeValue(true));
    words->selection.addTo(*command);
    addLimits(*command, words->open);
    return [words] { return run(*words); };
}

} // namespace heirloom::cli
