// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/CheckText.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom::cli {
namespace {

/// A line of the table: what it is about, and what it says.
struct Line {
    std::string subject;
    std::string says;
};

std::string_view scaleKindText(SliceScale::Kind kind) {
    switch (kind) {
    case SliceScale::Kind::None:
        return "none";
    case SliceScale::Kind::Tensor:
        return "tensor";
    case SliceScale::Kind::Rows:
        return "rows";
    case SliceScale::Kind::Columns:
        break;
    }
    return "columns";
}

std::string scaleText(const SliceScale& scale) {
    std::string text;
    if (scale.kind == SliceScale::Kind::None)
        text = scale.isExact ? "" : "the teacher's but for the last places";
    else if (scale.kind == SliceScale::Kind::Tensor)
        text = fmt::format("times {:.6g}", scale.lowest);
    else
        text = fmt::format(
            "{} times {:.6g} to {:.6g}", scaleKindText(scale.kind), scale.lowest, scale.highest);
    if (scale.rounding != DType::F32)
        text += fmt::format("{}rounded to {}", text.empty() ? "" : ", ", dtypeName(scale.rounding));
    return text;
}

/// A name with its first number taken out, and the number: "blocks.#.q=k", 3.
std::pair<std::string, std::optional<int>> unnumbered(const std::string& name) {
    for (std::size_t start = 0; start < name.size();) {
        const std::size_t dot = std::min(name.find('.', start), name.size());
        const std::string word = name.substr(start, dot - start);
        if (!word.empty() && word.size() < 9 &&
            word.find_first_not_of("0123456789") == std::string::npos)
            return {name.substr(0, start) + "#" + name.substr(dot), std::stoi(word)};
        start = dot + 1;
    }
    return {name, std::nullopt};
}

std::string withNumbers(const std::string& pattern, int first, int last) {
    const std::size_t at = pattern.find('#');
    return pattern.substr(0, at) +
           (first == last ? std::to_string(first) : fmt::format("{}-{}", first, last)) +
           pattern.substr(at + 1);
}

/// Numbered lines that say the same of consecutive layers become one, at the first one's place.
std::vector<Line> folded(const std::vector<Line>& lines) {
    struct Run {
        std::string pattern;
        std::optional<int> first;
        int last = 0;
        std::string says;
    };
    std::vector<Run> runs;
    std::map<std::pair<std::string, std::string>, std::size_t> open;
    for (const Line& line : lines) {
        const auto [pattern, number] = unnumbered(line.subject);
        const auto found = open.find({pattern, line.says});
        if (number && found != open.end() && runs[found->second].last + 1 == *number) {
            runs[found->second].last = *number;
            continue;
        }
        if (number)
            open[{pattern, line.says}] = runs.size();
        runs.push_back({pattern, number, number.value_or(0), line.says});
    }
    std::vector<Line> result;
    for (const Run& run : runs)
        result.push_back(
            {run.first ? withNumbers(run.pattern, *run.first, run.last) : run.pattern, run.says});
    return result;
}

/// `text` with the number of the subject's own layer taken out, so that equal reasons are seen to
/// be equal.
std::string withoutNumber(std::string text, const std::string& subject) {
    const std::optional<int> number = unnumbered(subject).second;
    if (!number)
        return text;
    const std::string own = fmt::format(".{}", *number);
    for (std::size_t at = text.find(own); at != std::string::npos; at = text.find(own, at + 1)) {
        const std::size_t end = at + own.size();
        if (end == text.size() || text[end] == '.' || text[end] == ' ')
            text.replace(at, own.size(), ".#");
    }
    return text;
}

void append(std::string& text, std::string_view title, std::vector<Line> lines, CheckLines how) {
    if (lines.empty())
        return;
    if (how == CheckLines::Folded)
        lines = folded(lines);
    std::size_t width = 0;
    for (const Line& line : lines)
        width = std::max(width, line.subject.size());
    text += fmt::format("\n{}\n", title);
    for (const Line& line : lines)
        text += line.says.empty() ? fmt::format("  {}\n", line.subject)
                                  : fmt::format("  {:<{}}  {}\n", line.subject, width, line.says);
}

std::vector<Line> spaceLines(const ConsistencyReport& report) {
    std::size_t width = 0;
    for (const SpaceReport& space : report.spaces)
        width = std::max(width, fmt::formatted_size("{}/{}", space.agree, space.size));
    std::vector<Line> lines;
    for (const SpaceReport& space : report.spaces) {
        const std::string agree = fmt::format("{}/{}", space.agree, space.size);
        lines.push_back({space.name,
                         space.axes == 0 ? fmt::format("{:>{}}  no axis traced", "-", width)
                                         : fmt::format("{:>{}}  {:>3} axes{}",
                                                       agree,
                                                       width,
                                                       space.axes,
                                                       space.agree == space.size ? "" : "  !")});
    }
    return lines;
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

/// Folds "blocks.3 <- blocks.5" with its neighbours where both go up by one.
std::vector<Line> layerLines(const ConsistencyReport& report, CheckLines how) {
    std::vector<Line> lines;
    std::string lastStudent;
    std::string lastTeacher;
    int first = 0;
    int count = 0;
    int firstTeacher = 0;
    const auto flush = [&] {
        if (count == 0)
            return;
        lines.push_back(
            {withNumbers(lastStudent, first, first + count - 1),
             "<- " + (lastTeacher == "none"
                          ? lastTeacher
                          : withNumbers(lastTeacher, firstTeacher, firstTeacher + count - 1))});
        count = 0;
    };
    for (const std::string& layer : report.layers) {
        const std::size_t arrow = layer.find(" <- ");
        const std::string student = layer.substr(0, arrow);
        const std::string teacher = layer.substr(arrow + 4);
        // The last number of a prefix is the place in the stack; stages come before it.
        const auto split = [](const std::string& name) {
            const std::size_t dot = name.rfind('.') + 1; // 0 without a dot
            const std::string word = name.substr(dot);
            const bool isNumber = !word.empty() && word.size() < 9 &&
                                  word.find_first_not_of("0123456789") == std::string::npos;
            return std::pair(name.substr(0, dot) + "#", isNumber ? std::stoi(word) : -1);
        };
        const auto [studentPattern, studentNumber] = split(student);
        const auto [teacherPattern, teacherNumber] = split(teacher);
        const bool isNone = teacher == "none";
        if (how == CheckLines::All || studentNumber < 0 || (teacherNumber < 0 && !isNone)) {
            flush();
            lines.push_back({student, "<- " + teacher});
            continue;
        }
        if (count > 0 && studentPattern == lastStudent &&
            (isNone ? teacher : teacherPattern) == lastTeacher && studentNumber == first + count &&
            (isNone || teacherNumber == firstTeacher + count)) {
            ++count;
            continue;
        }
        flush();
        lastStudent = studentPattern;
        lastTeacher = isNone ? teacher : teacherPattern;
        first = studentNumber;
        firstTeacher = teacherNumber;
        count = 1;
    }
    flush();
    return lines;
}

nlohmann::ordered_json energyJson(const EnergyReport& energy) {
    return {{"name", energy.name},
            {"kept", energy.kept},
            {"teacher", energy.teacher},
            {"share", energy.share()}};
}

nlohmann::ordered_json summaryJson(const ConsistencyReport& report) {
    nlohmann::ordered_json patterns = {{"whole", 0}, {"blended", 0}, {"shattered", 0}};
    for (const HeadReport& head : report.heads) {
        auto& count = patterns[std::string(headPatternText(head.pattern))];
        count = count.get<int>() + 1;
    }
    std::int64_t traced = 0;
    std::int64_t whole = 0;
    for (const SpaceReport& space : report.spaces) {
        traced += space.axes > 0;
        whole += space.axes > 0 && space.agree == space.size;
    }
    return {{"matched_by", report.matchedBy == MatchedBy::Roles ? "roles" : "content"},
            {"compared", report.compared},
            {"inherited", report.inherited},
            {"scaled", report.scaled.size()},
            {"resampled", report.resampled.size()},
            {"fresh", report.fresh.size()},
            {"spaces_traced", traced},
            {"spaces_agreeing", whole},
            {"heads", patterns},
            {"energy_kept", report.energy.share()}};
}

} // namespace

std::string checkTable(const ConsistencyReport& report, CheckLines how) {
    std::string text = fmt::format("inherited {} of {} tensors ({} scaled or rounded), resampled "
                                   "{}, fresh {}; energy kept {:.1f} %\n",
                                   report.inherited,
                                   report.compared,
                                   report.scaled.size(),
                                   report.resampled.size(),
                                   report.fresh.size(),
                                   100 * report.energy.share());
    for (const std::string& note : report.notes)
        text += "note: " + note + "\n";
    append(text, "layers", layerLines(report, how), CheckLines::All);
    append(text, "spaces: positions at which all axes agree", spaceLines(report), how);
    std::vector<Line> lines;
    for (const HeadReport& head : report.heads)
        lines.push_back(
            {head.layer, fmt::format("{:<9}  {}", headPatternText(head.pattern), headText(head))});
    append(text, "heads: student <- teacher:rows", std::move(lines), how);
    lines.clear();
    for (const auto& [name, says] : report.misplaced)
        lines.push_back({name, says});
    append(text, "parts that are another part of the teacher's", std::move(lines), how);
    lines.clear();
    for (const EnergyReport& one : report.spaceEnergy)
        lines.push_back({one.name, fmt::format("{:5.1f} %", 100 * one.share())});
    if (how == CheckLines::All)
        for (const EnergyReport& one : report.tensorEnergy)
            lines.push_back({one.name, fmt::format("{:5.1f} %", 100 * one.share())});
    // Shares differ from layer to layer; the folded table gives those of the whole net.
    if (how == CheckLines::Folded)
        std::erase_if(lines, [](const Line& line) { return unnumbered(line.subject).second; });
    append(text, "energy kept", std::move(lines), CheckLines::All);
    lines.clear();
    for (const ScaleReport& scaled : report.scaled)
        lines.push_back({scaled.parameter, scaleText(scaled.scale)});
    append(text, "scaled or rounded", std::move(lines), how);
    lines.clear();
    for (const ResampledReport& resampled : report.resampled)
        lines.push_back({resampled.parameter, resampled.how});
    append(text, "resampled", std::move(lines), how);
    lines.clear();
    for (const FreshReport& fresh : report.fresh)
        lines.push_back(
            {fresh.parameter,
             how == CheckLines::All ? fresh.reason : withoutNumber(fresh.reason, fresh.parameter)});
    append(text, "fresh", std::move(lines), how);
    return text;
}

std::string checkJson(const ConsistencyReport& report) {
    using Json = nlohmann::ordered_json;
    Json answer;
    answer["spaces"] = Json::array();
    for (const auto& space : report.spaces)
        answer["spaces"].push_back({{"name", space.name},
                                    {"axes", space.axes},
                                    {"size", space.size},
                                    {"agree", space.agree},
                                    {"indices", space.indices}});
    answer["heads"] = Json::array();
    for (const auto& head : report.heads)
        answer["heads"].push_back({{"layer", head.layer},
                                   {"teacher_layer", head.teacherLayer},
                                   {"pattern", headPatternText(head.pattern)},
                                   {"whole", head.whole},
                                   {"rows", head.rows}});
    answer["fresh"] = Json::array();
    for (const auto& fresh : report.fresh)
        answer["fresh"].push_back({{"name", fresh.parameter}, {"reason", fresh.reason}});
    answer["layers"] = report.layers;
    answer["scaled"] = Json::array();
    for (const auto& [name, scale] : report.scaled)
        answer["scaled"].push_back({{"name", name},
                                    {"by", scaleKindText(scale.kind)},
                                    {"scale", scale.lowest},
                                    {"highest", scale.highest},
                                    {"rounding", dtypeName(scale.rounding)},
                                    {"exact", scale.isExact}});
    answer["resampled"] = Json::array();
    for (const auto& resampled : report.resampled)
        answer["resampled"].push_back({{"name", resampled.parameter}, {"how", resampled.how}});
    Json spaces = Json::array();
    for (const auto& energy : report.spaceEnergy)
        spaces.push_back(energyJson(energy));
    Json tensors = Json::array();
    for (const auto& energy : report.tensorEnergy)
        tensors.push_back(energyJson(energy));
    answer["energy"] = {{"share", report.energy.share()}, {"spaces", spaces}, {"tensors", tensors}};
    answer["renamed"] = Json::array();
    for (const auto& [student, teacher] : report.renamed)
        answer["renamed"].push_back({{"name", student}, {"teacher", teacher}});
    answer["misplaced"] = Json::array();
    for (const auto& [name, says] : report.misplaced)
        answer["misplaced"].push_back({{"name", name}, {"says", says}});
    answer["notes"] = report.notes;
    answer["summary"] = summaryJson(report);
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace heirloom::cli
