// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/layers/Layers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

namespace heirloom {
namespace {

struct Row {
    int student;
    std::array<int, 12> teacher;
};
constexpr int kTeacher = 12;
constexpr Row kRows[] = {{1, {0}},
                         {2, {0, 6}},
                         {3, {0, 6, 11}},
                         {4, {0, 4, 8, 11}},
                         {6, {0, 2, 4, 7, 9, 11}},
                         {9, {0, 1, 2, 4, 5, 7, 9, 10, 11}},
                         {12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}};

Result<std::vector<int>> select(int teacher, int student) {
    const auto row = std::ranges::find(kRows, student, &Row::student);
    if (teacher == kTeacher && row != std::end(kRows))
        return std::vector<int>(row->teacher.begin(), row->teacher.begin() + student);
    return std::unexpected(
        Error{"",
              fmt::format("the table has no row for {} of {} layers", student, teacher),
              fmt::format("It knows a teacher of {} layers and students of {}; choose another rule",
                          kTeacher,
                          fmt::join(kRows | std::views::transform(&Row::student), ", "))});
}

} // namespace

const LayerRule distilBertLayers{
    .name = "distilbert",
    .title = "DistilBERT's table",
    .meaning = "A hand-made choice of a teacher's 12 layers, for 1, 2, 3, 4, 6 or 9",
    .source =
        "make_student.py of transformers (Shleifer and Rush, 2020); its 6 are DistilBERT's own",
    .select = select,
};

} // namespace heirloom
