// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/LayerSearch.h"

#include "core/analysis/ParameterTrace.h"
#include "core/analysis/RowSearch.h"
#include "core/analysis/ScaledRowSearch.h"
#include "core/analysis/ScaledTrace.h"

#include <algorithm>
#include <map>
#include <utility>

namespace heirloom {
namespace {

constexpr int RowsPerLayer = 4;
constexpr int ScaledRowsPerLayer = 2;
/// Roles that are looked through for scaled copies: a search costs much more than an exact one.
constexpr int ScaledRoles = 2;

enum class SearchBy { Value, Ratio };

/// Rows of one student layer's tensor in a search: numbers [first, first + count).
struct Asked {
    int studentLayer = -1;
    int first = 0;
    int count = 0;
};

/// Rows that are looked for, either way.
class LayerRows {
public:
    LayerRows(SearchBy by, double tolerance) : m_by(by), m_byRatio(tolerance) {}

    [[nodiscard]] int size() const {
        return m_by == SearchBy::Value ? m_byValue.size() : m_byRatio.size();
    }

    Status add(TensorRows& student) {
        auto rows =
            recognisableRows(student, m_by == SearchBy::Value ? RowsPerLayer : ScaledRowsPerLayer);
        if (!rows)
            return std::unexpected(rows.error());
        for (const std::int64_t row : *rows) {
            if (m_by == SearchBy::Value) {
                auto values = student.block(row, row + 1);
                if (!values)
                    return std::unexpected(values.error());
                m_byValue.add(*values);
            } else {
                auto values = student.floats(row, row + 1);
                if (!values)
                    return std::unexpected(values.error());
                m_byRatio.add(*values);
            }
        }
        return {};
    }

    /// Marks those of the rows that lie in the teacher's tensor.
    Status addFound(TensorRows& teacher, std::vector<char>& found, std::stop_token stop) {
        std::vector<int> numbers;
        std::vector<ScaledRowSearch::Found> scaled;
        const auto length = static_cast<std::size_t>(teacher.rowSize());
        for (std::int64_t first = 0; first < teacher.rows(); first += teacher.blockRows()) {
            if (stop.stop_requested())
                return fail({}, "stopped");
            const std::int64_t last = std::min(first + teacher.blockRows(), teacher.rows());
            auto bits = teacher.block(first, last);
            auto values = teacher.floats(first, last);
            if (!bits || !values)
                return std::unexpected((bits ? values.error() : bits.error()));
            for (std::size_t row = 0; (row + 1) * length <= bits->size(); ++row)
                if (m_by == SearchBy::Value)
                    m_byValue.look(bits->subspan(row * length, length), numbers);
                else
                    m_byRatio.look(values->subspan(row * length, length), scaled);
        }
        for (const int number : numbers)
            found[static_cast<std::size_t>(number)] = 1;
        for (const auto& one : scaled)
            found[static_cast<std::size_t>(one.row)] = 1;
        return {};
    }

private:
    SearchBy m_by;
    RowSearch m_byValue;
    ScaledRowSearch m_byRatio;
};

/// Roles of some layers' parameters, smallest first.
std::vector<std::string> rolesBySize(const ComparedModels& models, const std::vector<int>& layers) {
    std::map<std::string, std::int64_t> sizes;
    for (const Parameter& parameter : models.studentSpec.parameters)
        if (std::ranges::find(layers, parameter.layer) != layers.end()) {
            std::int64_t& size = sizes[models.studentRoles.roleOf(parameter)];
            size = std::max(size, elementCount(parameter.shape).value_or(0));
        }
    std::vector<std::pair<std::int64_t, std::string>> ordered;
    for (const auto& [role, size] : sizes)
        ordered.emplace_back(size, role);
    std::ranges::sort(ordered);
    std::vector<std::string> roles;
    for (auto& [size, role] : ordered)
        roles.push_back(std::move(role));
    return roles;
}

std::optional<PairRows> rowsIn(const ComparedModels& models,
                               int studentLayer,
                               const std::string& role,
                               int teacherLayer) {
    const auto parts = models.studentRoles.find(studentLayer, role);
    if (parts.empty())
        return std::nullopt;
    const auto pairs =
        pairsOf(models.studentRoles, *parts.front().parameter, models.teacherRoles, teacherLayer);
    return pairs.empty()
               ? std::nullopt
               : rowsOf(pairs.front(), models.teacher, models.student, models.studentSpec);
}

/// Places those of `open` (student layers of one stack) that can be told by the tensor of `role`.
/// \return whether the role could be looked through
Result<bool> searchByRole(const ComparedModels& models,
                          const std::string& role,
                          const std::vector<int>& open,
                          const std::vector<int>& teacherLayers,
                          SearchBy by,
                          std::vector<int>& placed,
                          std::stop_token stop) {
    DType rounding = DType::F32;
    std::int64_t teacherRowSize = 0;
    std::vector<float> published;
    if (auto any = rowsIn(models, open.front(), role, teacherLayers.front())) {
        auto found = roundingOf(any->student);
        if (!found)
            return std::unexpected(found.error());
        rounding = *found;
        teacherRowSize = any->view.teacherRowSize();
        published = publishedFactors(any->view);
    }
    const double tolerance = toleranceOf(rounding);
    if (by == SearchBy::Ratio && teacherRowSize < 16)
        return false;
    std::vector<float> factors = {1};
    if (by == SearchBy::Ratio && !ScaledRowSearch::canTell(teacherRowSize, tolerance)) {
        by = SearchBy::Value;
        factors = published;
    }
    LayerRows search(by, tolerance);
    std::vector<Asked> asked;
    for (const int layer : open) {
        auto rows = rowsIn(models, layer, role, teacherLayers.front());
        if (!rows || rows->view.studentRowSize() < 4) // vectors: single values are met by chance
            continue;
        Asked one{layer, search.size(), 0};
        if (auto added = search.add(rows->student); !added)
            return std::unexpected(added.error());
        one.count = search.size() - one.first;
        if (one.count > 0)
            asked.push_back(one);
    }
    std::vector<int> best(asked.size(), 0);
    for (const int teacherLayer : teacherLayers) {
        if (asked.empty())
            return false;
        auto rows = rowsIn(models, asked.front().studentLayer, role, teacherLayer);
        if (!rows)
            continue;
        std::vector<char> found(static_cast<std::size_t>(search.size()), 0);
        for (const float factor : factors) {
            if (by == SearchBy::Value)
                rows->teacher.convert({factor, rounding});
            auto done = search.addFound(rows->teacher, found, stop);
            if (!done)
                return std::unexpected(done.error());
        }
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto layer = static_cast<std::size_t>(asked[i].studentLayer);
            const bool samePosition =
                models.studentSpec.layers[layer].position ==
                models.teacherSpec.layers[static_cast<std::size_t>(teacherLayer)].position;
            const auto first = found.begin() + asked[i].first;
            const auto count = static_cast<int>(std::count(first, first + asked[i].count, 1));
            if (2 * count > asked[i].count &&
                (count > best[i] || (count == best[i] && samePosition))) {
                best[i] = count;
                placed[layer] = teacherLayer;
            }
        }
    }
    return true;
}

} // namespace

Result<std::vector<int>> findTeacherLayers(const ComparedModels& models, std::stop_token stop) {
    std::vector<int> placed(models.studentSpec.layers.size(), -1);
    std::map<std::string, std::vector<int>> stacks;
    std::map<std::string, std::vector<int>> teacherStacks;
    for (std::size_t i = 0; i < models.studentSpec.layers.size(); ++i)
        stacks[models.studentRoles.stackOf(static_cast<int>(i))].push_back(static_cast<int>(i));
    for (std::size_t i = 0; i < models.teacherSpec.layers.size(); ++i)
        teacherStacks[models.teacherRoles.stackOf(static_cast<int>(i))].push_back(
            static_cast<int>(i));
    for (const auto& [stack, layers] : stacks) {
        const std::vector<int>& teacherLayers = teacherStacks[stack];
        const std::vector<std::string> roles = rolesBySize(models, layers);
        for (const SearchBy by : {SearchBy::Value, SearchBy::Ratio}) {
            int searched = 0;
            for (const std::string& role : roles) {
                std::vector<int> open;
                std::ranges::copy_if(layers, std::back_inserter(open), [&](int layer) {
                    return placed[static_cast<std::size_t>(layer)] < 0;
                });
                if (open.empty() || teacherLayers.empty() ||
                    (by == SearchBy::Ratio && searched == ScaledRoles))
                    break;
                auto done = searchByRole(models, role, open, teacherLayers, by, placed, stop);
                if (!done)
                    return std::unexpected(done.error());
                searched += *done;
            }
        }
    }
    return placed;
}

} // namespace heirloom
