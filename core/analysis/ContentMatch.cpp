// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ContentMatch.h"

#include "core/analysis/ParameterTrace.h"
#include "core/analysis/RowSearch.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

namespace heirloom {
namespace {

constexpr int RowsPerTensor = 3;
constexpr std::int64_t FewestElements = 8; ///< of a row: fewer are met by chance

/// A tensor as rows of all behind its first axis that is longer than 1; a vector is one row.
TensorRows asRows(const Checkpoint& checkpoint, const TensorInfo& tensor) {
    std::int64_t rows = 1;
    bool isVector =
        std::ranges::count_if(tensor.shape, [](std::int64_t size) { return size != 1; }) <= 1;
    if (!isVector)
        for (const std::int64_t size : tensor.shape)
            if (size != 1) {
                rows = size;
                break;
            }
    return {checkpoint, tensor, rows, tensor.elements() / std::max<std::int64_t>(rows, 1)};
}

std::size_t commonEnd(std::string_view one, std::string_view other) {
    std::size_t length = 0;
    while (length < one.size() && length < other.size() &&
           one[one.size() - 1 - length] == other[other.size() - 1 - length])
        ++length;
    return length;
}

bool isReadable(const TensorInfo* tensor) {
    return tensor && dtypeSize(tensor->dtype) > 0 && tensor->elements() >= FewestElements;
}

/// "blocks.3.mlp.fc1" of "blocks.3.mlp.fc1.weight".
std::string_view moduleOf(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(0, dot);
}

/// "encoder.layer.3" of "encoder.layer.3.attention.self.query.weight"; empty without a number.
std::string numberedPrefix(std::string_view name) {
    std::size_t start = 0;
    while (start < name.size()) {
        const std::size_t dot = std::min(name.find('.', start), name.size());
        const std::string_view word = name.substr(start, dot - start);
        if (!word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos)
            return std::string(name.substr(0, dot));
        start = dot + 1;
    }
    return {};
}

} // namespace

Result<std::vector<std::vector<ParameterPair>>> pairsByContent(const ComparedModels& models,
                                                               std::stop_token stop) {
    const std::vector<Parameter>& parameters = models.studentSpec.parameters;
    RowSearch search;
    std::vector<std::size_t> ownerOf; // of each row that is looked for
    std::map<DType, std::size_t> roundings;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const TensorInfo* tensor = models.student.find(parameters[i].name);
        if (!isReadable(tensor))
            continue;
        TensorRows rows = asRows(models.student, *tensor);
        if (rows.rowSize() < FewestElements)
            continue;
        auto chosen = recognisableRows(rows, RowsPerTensor);
        auto rounding = roundingOf(rows);
        if (!chosen || !rounding)
            return std::unexpected((chosen ? rounding.error() : chosen.error()));
        ++roundings[*rounding];
        for (const std::int64_t row : *chosen) {
            auto values = rows.block(row, row + 1);
            if (!values)
                return std::unexpected(values.error());
            if (search.add(*values) >= 0)
                ownerOf.push_back(i);
        }
    }
    const auto common =
        std::ranges::max_element(roundings, {}, [](const auto& entry) { return entry.second; });
    const DType rounding = common == roundings.end() ? DType::F32 : common->first;

    struct Best {
        const Parameter* teacher = nullptr;
        std::tuple<int, bool, std::size_t> rank; // rows found, same name, common end
    };
    std::vector<Best> best(parameters.size());
    for (const Parameter& teacher : models.teacherSpec.parameters) {
        const TensorInfo* tensor = models.teacher.find(teacher.name);
        if (!isReadable(tensor) || search.size() == 0)
            continue;
        TensorRows rows = asRows(models.teacher, *tensor);
        rows.convert({1, rounding});
        std::vector<int> found;
        const auto size = static_cast<std::size_t>(rows.rowSize());
        for (std::int64_t first = 0; first < rows.rows(); first += rows.blockRows()) {
            if (stop.stop_requested())
                return fail({}, "stopped");
            auto block = rows.block(first, std::min(first + rows.blockRows(), rows.rows()));
            if (!block)
                return std::unexpected(block.error());
            for (std::size_t row = 0; (row + 1) * size <= block->size(); ++row)
                search.look(block->subspan(row * size, size), found);
        }
        std::ranges::sort(found);
        found.erase(std::unique(found.begin(), found.end()), found.end());
        std::map<std::size_t, int> counts;
        for (const int number : found)
            ++counts[ownerOf[static_cast<std::size_t>(number)]];
        for (const auto& [i, count] : counts) {
            const std::tuple rank{count,
                                  teacher.name == parameters[i].name,
                                  commonEnd(teacher.name, parameters[i].name)};
            if (!best[i].teacher || rank > best[i].rank)
                best[i] = {&teacher, rank};
        }
    }
    // What tells nothing itself (a bias of zeros) goes where its module's weight went.
    std::map<std::string, std::string, std::less<>> modules;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (best[i].teacher)
            modules.try_emplace(std::string(moduleOf(parameters[i].name)),
                                moduleOf(best[i].teacher->name));
    std::vector<std::vector<ParameterPair>> pairs(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter* teacher = best[i].teacher;
        const std::string_view module = moduleOf(parameters[i].name);
        const auto moved = modules.find(module);
        if (!teacher && moved != modules.end())
            teacher =
                models.teacherSpec.find(moved->second + parameters[i].name.substr(module.size()));
        if (!teacher)
            teacher = models.teacherSpec.find(parameters[i].name);
        if (teacher)
            pairs[i].push_back({{&parameters[i]}, {teacher}});
    }
    return pairs;
}

std::vector<std::string> layersByName(
    const std::vector<std::pair<std::string, std::string>>& found) {
    std::vector<std::string> order;
    std::map<std::string, std::map<std::string, int>> votes;
    for (const auto& [student, teacher] : found) {
        const std::string layer = numberedPrefix(student);
        if (layer.empty())
            continue;
        if (!votes.contains(layer))
            order.push_back(layer);
        auto& ofLayer = votes[layer];
        if (const std::string from = numberedPrefix(teacher); !from.empty())
            ++ofLayer[from];
    }
    std::vector<std::string> layers;
    for (const std::string& layer : order) {
        const auto& ofLayer = votes[layer];
        const auto most =
            std::ranges::max_element(ofLayer, {}, [](const auto& entry) { return entry.second; });
        layers.push_back(layer + " <- " + (most == ofLayer.end() ? "none" : most->first));
    }
    return layers;
}

} // namespace heirloom
