// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "app/cli/CostText.h"
#include "app/cli/Options.h"
#include "core/analysis/Advisor.h"
#include "core/checkpoint/PlainText.h"
#include "core/model/Families.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::vector<std::string> teachers;
    std::string budget;
    std::string student;
    std::int64_t tokens = usualTextTokens;
    std::size_t top = 10;
    bool json = false;
    OpenOptions open;
};

nlohmann::ordered_json jsonOf(const PairFit& fit) {
    nlohmann::ordered_json answer = {{"size_ratio", fit.sizeRatio},
                                     {"inherited_share", fit.inheritedShare},
                                     {"kept_share", fit.keptShare},
                                     {"width_ratio", fit.widthRatio},
                                     {"whole_ratios", fit.hasWholeRatios},
                                     {"layers", fit.layers},
                                     {"teacher_layers", fit.teacherLayers}};
    if (fit.hasHeads) {
        answer["whole_heads"] = fit.hasWholeHeads;
        answer["equal_head_size"] = fit.hasEqualHeadDim;
        answer["heads"] = fit.heads;
        answer["teacher_heads"] = fit.teacherHeads;
    }
    answer["reasons"] = fit.reasons();
    return answer;
}

void print(const nlohmann::ordered_json& answer) {
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status adviseForBudget(const Words& words) {
    if (words.teachers.size() != 1) {
        auto error = fail("advise", "one teacher is needed, found {}", words.teachers.size());
        error.error().advice = "Write advise TEACHER --budget params=6M, or advise --student S "
                               "TEACHER1 TEACHER2";
        return error;
    }
    const auto budget = parseBudget(words.budget);
    if (!budget)
        return std::unexpected(budget.error());
    const auto teacher = openModel(words.teachers[0], ModelText::FileOrName, words.open);
    if (!teacher)
        return std::unexpected(teacher.error());
    CostOptions options{.textTokens = words.tokens};
    if (teacher->checkpoint)
        options.dtype = usualDType(*teacher->checkpoint);
    const auto advice = adviseStudents(teacher->spec, *budget, options, words.top);
    if (!advice)
        return std::unexpected(advice.error());
    const auto cost = modelCost(*teacher->spec, options);
    if (words.json) {
        nlohmann::ordered_json answer = {{"teacher", canonicalName(*teacher->spec)},
                                         {"parameters", cost.parameters},
                                         {"macs", cost.macs},
                                         {"bytes", cost.bytes},
                                         {"students", nlohmann::ordered_json::array()}};
        if (cost.readsText)
            answer["text_tokens"] = words.tokens;
        for (const auto& one : *advice) {
            nlohmann::ordered_json row = {{"model", one.model},
                                          {"published", one.published},
                                          {"parameters", one.cost.parameters},
                                          {"macs", one.cost.macs},
                                          {"bytes", one.cost.bytes},
                                          {"used", one.used}};
            row.update(jsonOf(one.fit));
            answer["students"].push_back(std::move(row));
        }
        print(answer);
        return {};
    }
    fmt::print("{} · {}\n", harmlessText(teacher->title()), costText(cost, words.tokens));
    fmt::print("students within {}, the best first:\n", budgetText(*budget));
    int place = 0;
    for (const auto& one : *advice) {
        fmt::print("{:>3}  {}\n     {} parameters · {} · {:.0f} % of the budget\n     {}\n",
                   ++place,
                   harmlessText(one.model),
                   shortCountText(one.cost.parameters),
                   costText(one.cost, words.tokens),
                   100 * one.used,
                   fmt::join(one.fit.reasons(), "; "));
    }
    return {};
}

Status adviseForStudent(const Words& words) {
    if (words.teachers.empty()) {
        auto error = fail("advise --student", "no teacher is given");
        error.error().advice = "Write advise --student S TEACHER1 TEACHER2";
        return error;
    }
    const auto student = openModel(words.student, ModelText::FileOrName, words.open);
    if (!student)
        return std::unexpected(student.error());
    std::vector<std::shared_ptr<const ModelSpec>> teachers;
    for (const auto& word : words.teachers) {
        const auto teacher = openModel(word, ModelText::FileOrName, words.open);
        if (!teacher)
            return std::unexpected(teacher.error());
        teachers.push_back(teacher->spec);
    }
    const auto advice = adviseTeachers(student->spec, teachers);
    if (words.json) {
        nlohmann::ordered_json answer = {{"student", canonicalName(*student->spec)},
                                         {"teachers", nlohmann::ordered_json::array()}};
        for (const auto& one : advice) {
            nlohmann::ordered_json row = {{"teacher", words.teachers[one.teacher]},
                                          {"model", canonicalName(*teachers[one.teacher])},
                                          {"possible", one.fit.has_value()}};
            if (one.fit)
                row.update(jsonOf(*one.fit));
            else
                row["obstacle"] = one.obstacle;
            answer["teachers"].push_back(std::move(row));
        }
        print(answer);
        return {};
    }
    fmt::print("teachers for {}, the best first:\n", harmlessText(student->title()));
    int place = 0;
    for (const auto& one : advice) {
        const auto& spec = *teachers[one.teacher];
        fmt::print("{:>3}  {} · {} parameters\n     {}\n",
                   ++place,
                   harmlessText(words.teachers[one.teacher]),
                   shortCountText(modelCost(spec).parameters),
                   one.fit ? fmt::format("{}", fmt::join(one.fit->reasons(), "; "))
                           : "not possible: " + harmlessText(one.obstacle));
    }
    return {};
}

} // namespace

Action addAdvise(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand(
        "advise",
        "Students of a teacher that fit a budget, or which of several teachers suits a student");
    command
        ->add_option("TEACHER", words->teachers, "Checkpoint or model name; several with --student")
        ->required();
    auto* budget =
        command->add_option("--budget",
                            words->budget,
                            "The most a student may cost: params=6M, macs=1.3G, bytes=25MB,\n"
                            "several parted by commas");
    auto* student = command->add_option(
        "--student", words->student, "Rank the teachers for this student: name or checkpoint");
    budget->excludes(student);
    command->add_option("--tokens", words->tokens, "Length of the text for which MACs are counted")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    command->add_option("--top", words->top, "How many students to list")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
    command->add_flag("--json", words->json, "One JSON object");
    addLimits(*command, words->open);
    return [words]() -> Status {
        if (words->student.empty() && words->budget.empty()) {
            auto error = fail("advise", "neither a budget nor a student is given");
            error.error().advice = "Add --budget params=6M, or --student vit_tiny_patch16_224";
            return error;
        }
        return words->student.empty() ? adviseForBudget(*words) : adviseForStudent(*words);
    };
}

} // namespace heirloom::cli
