// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Command.h"
#include "core/analysis/ConsistencyReport.h"
#include "core/model/OpenedModel.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace heirloom::cli {
namespace {

struct Words {
    std::string student;
    std::string teacher;
    bool json = false;
};

void printJson(const ConsistencyReport& report) {
    nlohmann::ordered_json answer;
    answer["spaces"] = nlohmann::ordered_json::array();
    for (const auto& space : report.spaces)
        answer["spaces"].push_back({{"name", space.name},
                                    {"axes", space.axes},
                                    {"size", space.size},
                                    {"agree", space.agree},
                                    {"indices", space.indices}});
    answer["heads"] = nlohmann::ordered_json::array();
    for (const auto& head : report.heads)
        answer["heads"].push_back({{"layer", head.layer},
                                   {"teacher_layer", head.teacherLayer},
                                   {"whole", head.whole},
                                   {"rows", head.rows}});
    answer["fresh"] = nlohmann::ordered_json::array();
    for (const auto& fresh : report.fresh)
        answer["fresh"].push_back({{"name", fresh.parameter}, {"reason", fresh.reason}});
    answer["layers"] = report.layers;
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string headText(const HeadReport& head) {
    std::string line;
    for (std::size_t s = 0; s < head.rows.size(); ++s) {
        std::string sources;
        for (std::size_t t = 0; t < head.rows[s].size(); ++t)
            if (head.rows[s][t] > 0)
                sources += fmt::format("{}{}:{}", sources.empty() ? "" : " ", t, head.rows[s][t]);
        line += fmt::format("{}{} <- {}", s == 0 ? "" : ", ", s, sources.empty() ? "-" : sources);
    }
    return line;
}

void printTable(const ConsistencyReport& report) {
    std::size_t width = 5;
    for (const auto& space : report.spaces)
        width = std::max(width, space.name.size());
    fmt::print("{:<{}}  axes  agree\n", "space", width);
    for (const auto& space : report.spaces)
        fmt::print("{:<{}}  {:>4}  {}/{}{}\n",
                   space.name,
                   width,
                   space.axes,
                   space.agree,
                   space.size,
                   space.axes == 0             ? "  (not traceable)"
                   : space.agree == space.size ? ""
                                               : "  !");
    for (const auto& head : report.heads)
        fmt::print(
            "heads {} ({}): {}\n", head.layer, head.whole ? "whole" : "blended", headText(head));
    for (const auto& fresh : report.fresh)
        fmt::print("fresh: {} ({})\n", fresh.parameter, fresh.reason);
}

} // namespace

Action addCheck(CLI::App& app) {
    auto words = std::make_shared<Words>();
    auto* command = app.add_subcommand("check",
                                       "Find in the weights where each index of each space of a "
                                       "student came from, and what its axes agree on");
    command->add_option("STUDENT", words->student, "Checkpoint of the student")->required();
    command->add_option("--teacher", words->teacher, "Checkpoint of the teacher")->required();
    command->add_flag("--json", words->json, "One JSON object: spaces, heads, fresh");
    return [words]() -> Status {
        auto student = openModel(words->student, ModelText::FileOnly);
        if (!student)
            return std::unexpected(student.error());
        auto teacher = openModel(words->teacher, ModelText::FileOnly);
        if (!teacher)
            return std::unexpected(teacher.error());
        auto report = checkConsistency(
            *teacher->checkpoint, *teacher->spec, *student->checkpoint, *student->spec);
        if (!report)
            return std::unexpected(report.error());
        if (words->json)
            printJson(*report);
        else
            printTable(*report);
        return {};
    };
}

} // namespace heirloom::cli
