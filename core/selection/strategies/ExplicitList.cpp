// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {
    {"indices", "", "teacher indices parted by '-'", "Ascending, as many as the student has"}};

Result<std::vector<std::int64_t>> select(std::int64_t teacher,
                                         std::int64_t student,
                                         const ElementSelection& options,
                                         std::uint64_t,
                                         std::span<const double>) {
    const auto refuse = [&](std::string text) {
        return std::unexpected(Error{
            "explicit",
            std::move(text),
            fmt::format(
                "Give {} teacher indices from 0 to {} in ascending order", student, teacher - 1)});
    };
    const auto& list = options.indices;
    if (static_cast<std::int64_t>(list.size()) != student)
        return refuse(fmt::format("expected {} indices, found {}", student, list.size()));
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i] < 0 || list[i] >= teacher)
            return refuse(
                fmt::format("index {} is outside the teacher's 0 to {}", list[i], teacher - 1));
        if (i > 0 && list[i] <= list[i - 1])
            return refuse(fmt::format(
                "index {} comes after {}, expected ascending order", list[i], list[i - 1]));
    }
    return list;
}

} // namespace

const Strategy explicitListStrategy{
    .name = "explicit",
    .title = "By hand",
    .meaning = "Teacher indices written one by one",
    .source = "the user",
    .need = StrategyNeed::Indices,
    .select = select,
    .options = kOptions,
};

} // namespace heirloom
