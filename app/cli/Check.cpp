// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/CheckText.h"
#include "app/cli/Command.h"
#include "app/cli/Options.h"
#include "core/analysis/ConsistencyReport.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>
#include <utility>

namespace heirloom::cli {
namespace {

struct Words {
    std::string student;
    std::string teacher;
    bool json = false;
    bool all = false;
    OpenOptions open;
};

} // namespace

Action addCheck(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand("check",
                                       "Find in the weights where each index of each space of a "
                                       "student came from, and what its axes agree on");
    command->add_option("STUDENT", words->student, "Checkpoint of the student")->required();
    command->add_option("--teacher", words->teacher, "Checkpoint of the teacher")->required();
    command->add_flag("--json",
                      words->json,
                      "One JSON object: spaces, heads, fresh, layers, scaled, resampled, energy, "
                      "summary");
    command->add_flag(
        "--all", words->all, "Every line, also those that say the same of many layers");
    addLimits(*command, words->open);
    return [words]() -> Status {
        auto student = openModel(words->student, ModelText::FileOnly, words->open);
        if (!student)
            return std::unexpected(student.error());
        auto teacher = openModel(words->teacher, ModelText::FileOnly, words->open);
        if (!teacher)
            return std::unexpected(teacher.error());
        auto report = checkConsistency(
            *teacher->checkpoint, *teacher->spec, *student->checkpoint, *student->spec);
        if (!report)
            return std::unexpected(report.error());
        // What the files do not say (how many heads) decides what is compared with what.
        for (const auto& [who, model] : {std::pair("student", &*student), {"teacher", &*teacher}})
            for (const std::string& note : model->spec->notes)
                report->notes.push_back(fmt::format("{}: {}", who, note));
        if (words->json)
            fmt::print("{}\n", checkJson(*report));
        else
            fmt::print("{}",
                       checkTable(*report, words->all ? CheckLines::All : CheckLines::Folded));
        return {};
    };
}

} // namespace heirloom::cli
