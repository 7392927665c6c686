// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/StudentShapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace heirloom {
namespace {

/// Hyper-parameters that are widths and must scale exactly; a family has one or two of them.
constexpr std::array<std::string_view, 6> widthNames = {
    "dim", "dims", "widths", "stem", "heads", "kv_heads"};
/// Hidden sizes, which keep their ratio to the width as nearly as whole numbers allow.
constexpr std::array<std::string_view, 2> hiddenNames = {"mlp", "tokens_mlp"};
/// All that a published name may set; the rest of a student is the teacher's.
constexpr std::array<std::string_view, 13> sizeNames = {"dim",
                                                        "dims",
                                                        "widths",
                                                        "depth",
                                                        "depths",
                                                        "heads",
                                                        "kv_heads",
                                                        "head_dim",
                                                        "mlp",
                                                        "tokens_mlp",
                                                        "stem",
                                                        "base_width",
                                                        "conv_mlp"};
constexpr std::int64_t widthStepCount = 12;
constexpr std::size_t maximumSteps = 64;
constexpr std::int64_t maximumSize = std::int64_t{1} << 31; // of a width, so that products fit

/// An integer as a list of one; empty for anything else.
std::vector<std::int64_t> listOf(const HyperParameters& hyper, std::string_view name) {
    const auto* value = hyper.find(name);
    if (!value)
        return {};
    if (const auto* one = std::get_if<std::int64_t>(value))
        return {*one};
    const auto* list = std::get_if<std::vector<std::int64_t>>(value);
    return list ? *list : std::vector<std::int64_t>{};
}

struct Fraction {
    std::int64_t part;
    std::int64_t whole;
};

/// Exact, or empty.
std::optional<std::vector<std::int64_t>> scaledExactly(std::vector<std::int64_t> values,
                                                       Fraction by) {
    for (auto& value : values) {
        if (value > maximumSize / by.part || value * by.part % by.whole != 0)
            return std::nullopt;
        value = value * by.part / by.whole;
        if (value < 1)
            return std::nullopt;
    }
    return values;
}

std::vector<std::int64_t> scaledNearly(std::vector<std::int64_t> values, Fraction by) {
    for (auto& value : values)
        value = std::max<std::int64_t>(
            1,
            std::llround(static_cast<double>(value) * static_cast<double>(by.part) /
                         static_cast<double>(by.whole)));
    return values;
}

void append(std::string& changes, std::string_view name, const std::vector<std::int64_t>& values) {
    changes += fmt::format("{}{}={}", changes.empty() ? "" : ",", name, fmt::join(values, "-"));
}

/// The changes of one width; `keyHeads` is how many key/value heads stay, where they are counted.
std::optional<WidthStep> stepOf(const HyperParameters& teacher,
                                Fraction by,
                                std::int64_t keyHeads = 0) {
    WidthStep step{.ratio = static_cast<double>(by.part) / static_cast<double>(by.whole)};
    for (const auto name : widthNames) {
        const auto values = listOf(teacher, name);
        if (values.empty())
            continue;
        if (name == "kv_heads") {
            append(step.changes, name, {keyHeads});
            continue;
        }
        const auto scaled = scaledExactly(values, by);
        if (!scaled)
            return std::nullopt;
        append(step.changes, name, *scaled);
    }
    for (const auto name : hiddenNames)
        if (const auto values = listOf(teacher, name); !values.empty())
            append(step.changes, name, scaledNearly(values, by));
    return step;
}

std::vector<WidthStep> headSteps(const HyperParameters& teacher, std::int64_t heads) {
    const auto keyHeads = std::max<std::int64_t>(1, teacher.integer("kv_heads", heads));
    const auto group = std::max<std::int64_t>(1, heads / keyHeads);
    // query heads kept -> key heads kept: whole groups before thinner ones
    std::map<std::int64_t, std::int64_t, std::greater<>> kept;
    for (auto each = group; each >= 1; --each)
        for (auto keys = keyHeads; keys >= 1; --keys)
            kept.emplace(keys * each, keys);
    std::vector<WidthStep> steps;
    for (const auto& [queries, keys] : kept)
        if (queries < heads && steps.size() < maximumSteps)
            if (auto step = stepOf(teacher, {queries, heads}, keys))
                steps.push_back(std::move(*step));
    return steps;
}

std::vector<WidthStep> channelSteps(const HyperParameters& teacher, std::int64_t width) {
    std::int64_t unit = 4;
    while (unit * 2 * widthStepCount <= width)
        unit *= 2;
    std::vector<WidthStep> steps;
    for (auto kept = (width - 1) / unit * unit; kept > 0; kept -= unit)
        if (auto step = stepOf(teacher, {kept, width}))
            steps.push_back(std::move(*step));
    return steps;
}

bool isEven(std::int64_t value) { return value % 2 == 0; }

/// `depth` of `whole` layers' share of a stage, at least one; pairs stay pairs (Swin's windows
/// alternate).
std::int64_t stageDepth(std::int64_t stage, std::int64_t depth, std::int64_t whole, bool inPairs) {
    const double exact =
        static_cast<double>(stage) * static_cast<double>(depth) / static_cast<double>(whole);
    if (inPairs)
        return std::max<std::int64_t>(2, 2 * std::llround(exact / 2));
    return std::max<std::int64_t>(1, std::llround(exact));
}

std::string depthChange(const std::vector<std::int64_t>& depths) {
    std::string change;
    append(change, "depths", depths);
    return change;
}

void appendNew(std::vector<std::string>& ladder, std::string rung) {
    if (ladder.empty() || ladder.back() != rung)
        ladder.push_back(std::move(rung));
}

} // namespace

std::vector<WidthStep> widthSteps(const HyperParameters& teacher) {
    std::vector<WidthStep> steps = {WidthStep{}};
    std::vector<WidthStep> narrower;
    if (const auto heads = listOf(teacher, "heads"); !heads.empty()) {
        narrower = headSteps(teacher, heads[0]);
    } else {
        for (const auto name : {"dim", "dims", "widths"})
            if (const auto widths = listOf(teacher, name); narrower.empty() && !widths.empty())
                narrower = channelSteps(teacher, widths[0]);
    }
    std::ranges::move(narrower, std::back_inserter(steps));
    return steps;
}

std::vector<std::vector<std::string>> depthLadders(const HyperParameters& teacher) {
    std::vector<std::vector<std::string>> ladders;
    if (const auto depth = teacher.integer("depth"); depth > 0) {
        auto& ladder = ladders.emplace_back();
        for (std::int64_t kept = 1; kept <= depth; ++kept)
            ladder.push_back(fmt::format("depth={}", kept));
        return ladders;
    }
    const auto depths = teacher.integers("depths");
    if (depths.empty())
        return ladders;
    const auto deepest = std::ranges::max_element(depths);
    const bool inPairs = std::ranges::all_of(depths, isEven) && teacher.find("window") != nullptr;
    auto& together = ladders.emplace_back();
    for (std::int64_t kept = 1; kept <= *deepest; ++kept) {
        auto rung = depths;
        for (auto& stage : rung)
            stage = stageDepth(stage, kept, *deepest, inPairs);
        appendNew(together, depthChange(rung));
    }
    auto& alone = ladders.emplace_back();
    for (std::int64_t kept = 1; kept <= *deepest; ++kept) {
        auto rung = depths;
        rung[static_cast<std::size_t>(deepest - depths.begin())] =
            stageDepth(*deepest, kept, *deepest, inPairs);
        appendNew(alone, depthChange(rung));
    }
    return ladders;
}

std::vector<HyperParameters> publishedShapes(const Family& family, const HyperParameters& teacher) {
    std::vector<HyperParameters> shapes;
    for (const auto& name : family.names()) {
        const auto published = family.named(name);
        if (!published)
            continue;
        auto shape = teacher;
        bool isAlike = true; // basic blocks are no bottlenecks, a distilled net has two heads
        for (const auto& [key, value] : published->entries()) {
            if (std::ranges::find(sizeNames, key) != sizeNames.end())
                shape.set(key, value);
            else if (key == "block")
                isAlike = isAlike && teacher.find(key) && *teacher.find(key) == value;
        }
        if (isAlike && std::ranges::find(shapes, shape) == shapes.end())
            shapes.push_back(std::move(shape));
    }
    return shapes;
}

std::string publishedName(const Family& family, const HyperParameters& hyper) {
    for (const auto& name : family.names()) {
        auto published = family.named(name);
        if (!published)
            continue;
        if (const auto* classes = hyper.find("num_classes"))
            published->set("num_classes", *classes);
        if (*published == hyper)
            return name;
    }
    return {};
}

} // namespace heirloom
