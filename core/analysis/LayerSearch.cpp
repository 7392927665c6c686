// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/LayerSearch.h"

#include "core/analysis/ParameterTrace.h"
#include "core/analysis/RowSearch.h"

#include <algorithm>
#include <map>
#include <utility>

namespace heirloom {
namespace {

constexpr int RowsPerLayer = 4;

/// Rows of one student layer's tensor in a RowSearch: numbers [first, first + count).
struct Asked {
    int studentLayer = -1;
    int first = 0;
    int count = 0;
};

/// Tensors of one student layer by their name in the layer, smallest first.
std::vector<std::pair<std::int64_t, std::string>> namesBySize(const ModelSpec& spec,
                                                              const std::vector<int>& layers) {
    std::map<std::string, std::int64_t> sizes;
    for (const Parameter& parameter : spec.parameters)
        if (std::ranges::find(layers, parameter.layer) != layers.end()) {
            const std::int64_t elements = elementCount(parameter.shape).value_or(0);
            const std::string name(nameInLayer(
                spec.layers[static_cast<std::size_t>(parameter.layer)], parameter.name));
            sizes[name] = std::max(sizes[name], elements);
        }
    std::vector<std::pair<std::int64_t, std::string>> result;
    for (const auto& [name, size] : sizes)
        result.emplace_back(size, name);
    std::ranges::sort(result);
    return result;
}

std::string fullName(const ModelSpec& spec, int layer, std::string_view name) {
    return spec.layers[static_cast<std::size_t>(layer)].prefix + "." + std::string(name);
}

/// How many rows of each asked layer lie in one teacher tensor.
Result<std::vector<int>> rowsFound(RowSearch& search,
                                   const std::vector<Asked>& asked,
                                   TensorRows& teacher,
                                   std::stop_token stop) {
    std::vector<char> found(static_cast<std::size_t>(search.size()), 0);
    std::vector<int> numbers;
    const auto size = static_cast<std::size_t>(teacher.rowSize());
    for (std::int64_t first = 0; first < teacher.rows(); first += teacher.blockRows()) {
        if (stop.stop_requested())
            return fail({}, "stopped");
        auto block = teacher.block(first, std::min(first + teacher.blockRows(), teacher.rows()));
        if (!block)
            return std::unexpected(block.error());
        for (std::size_t row = 0; (row + 1) * size <= block->size(); ++row)
            search.look(block->subspan(row * size, size), numbers);
    }
    for (const int number : numbers)
        found[static_cast<std::size_t>(number)] = 1;
    std::vector<int> counts;
    for (const Asked& layer : asked)
        counts.push_back(static_cast<int>(
            std::count(found.begin() + layer.first, found.begin() + layer.first + layer.count, 1)));
    return counts;
}

struct Models {
    const Checkpoint& teacher;
    const ModelSpec& teacherSpec;
    const Checkpoint& student;
    const ModelSpec& studentSpec;
};

/// Places those of `open` (student layers of one stack) that can be told by the tensor `name`.
Status searchByName(const Models& models,
                    const std::string& name,
                    const std::vector<int>& open,
                    const std::vector<int>& teacherLayers,
                    std::vector<int>& placed,
                    std::stop_token stop) {
    RowSearch search;
    std::vector<Asked> asked;
    std::vector<const Parameter*> parameters;
    for (const int layer : open) {
        const Parameter* parameter =
            models.studentSpec.find(fullName(models.studentSpec, layer, name));
        const TensorInfo* tensor = parameter ? models.student.find(parameter->name) : nullptr;
        if (!tensor || tensor->shape != parameter->shape)
            continue;
        const auto view = sliceView(models.studentSpec, *parameter, parameter->shape);
        if (!view || view->studentRowSize() < 4) // vectors: single values are met by chance
            continue;
        TensorRows rows(models.student, *tensor, view->studentRows, view->studentRowSize());
        auto values = rows.block(0, rows.rows());
        if (!values)
            return std::unexpected(values.error());
        Asked one{layer, search.size(), 0};
        for (const std::int64_t row :
             rowsToSearch(*values, rows.rows(), rows.rowSize(), RowsPerLayer))
            search.add(values->subspan(static_cast<std::size_t>(row * rows.rowSize()),
                                       static_cast<std::size_t>(rows.rowSize())));
        one.count = search.size() - one.first;
        if (one.count == 0)
            continue;
        asked.push_back(one);
        parameters.push_back(parameter);
    }
    std::vector<int> best(asked.size(), 0);
    for (const int teacherLayer : teacherLayers) {
        if (asked.empty())
            break;
        const TensorInfo* tensor =
            models.teacher.find(fullName(models.teacherSpec, teacherLayer, name));
        const auto view = tensor ? sliceView(models.studentSpec, *parameters.front(), tensor->shape)
                                 : std::nullopt;
        if (!view)
            continue;
        TensorRows rows(models.teacher, *tensor, view->teacherRows, view->teacherRowSize());
        auto counts = rowsFound(search, asked, rows, stop);
        if (!counts)
            return std::unexpected(counts.error());
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto layer = static_cast<std::size_t>(asked[i].studentLayer);
            const bool samePosition =
                models.studentSpec.layers[layer].position ==
                models.teacherSpec.layers[static_cast<std::size_t>(teacherLayer)].position;
            const int count = (*counts)[i];
            if (2 * count > asked[i].count &&
                (count > best[i] || (count == best[i] && samePosition))) {
                best[i] = count;
                placed[layer] = teacherLayer;
            }
        }
    }
    return {};
}

} // namespace

std::string_view nameInLayer(const Layer& layer, std::string_view parameter) {
    return parameter.starts_with(layer.prefix) && parameter.size() > layer.prefix.size()
               ? parameter.substr(layer.prefix.size() + 1)
               : parameter;
}

Result<std::vector<int>> findTeacherLayers(const Checkpoint& teacher,
                                           const ModelSpec& teacherSpec,
                                           const Checkpoint& student,
                                           const ModelSpec& studentSpec,
                                           std::stop_token stop) {
    const Models models{teacher, teacherSpec, student, studentSpec};
    std::vector<int> placed(studentSpec.layers.size(), -1);
    for (const std::string& stack : studentSpec.stacks()) {
        const std::vector<int> layers = studentSpec.layersOf(stack);
        const std::vector<int> teacherLayers = teacherSpec.layersOf(stack);
        for (const auto& [size, name] : namesBySize(studentSpec, layers)) {
            std::vector<int> open;
            for (const int layer : layers)
                if (placed[static_cast<std::size_t>(layer)] < 0)
                    open.push_back(layer);
            if (open.empty() || teacherLayers.empty())
                break;
            auto done = searchByName(models, name, open, teacherLayers, placed, stop);
            if (!done)
                return std::unexpected(done.error());
        }
    }
    return placed;
}

} // namespace heirloom
