// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/strategies/Strategies.h"

#include <numeric>

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {
    {"position", "first", "first|centre|last", "Where the run starts"}};

Result<std::vector<std::int64_t>> select(std::int64_t teacher,
                                         std::int64_t student,
                                         const ElementSelection& options,
                                         std::uint64_t,
                                         std::span<const double>) {
    const std::int64_t spare = teacher - student;
    const std::int64_t first = options.position == RunPosition::First    ? 0
                               : options.position == RunPosition::Centre ? spare / 2
                                                                         : spare;
    std::vector<std::int64_t> indices(static_cast<std::size_t>(student));
    std::iota(indices.begin(), indices.end(), first);
    return indices;
}

} // namespace

const Strategy consecutiveStrategy{
    .name = "consecutive",
    .title = "Consecutive",
    .meaning = "One run of neighbours: the first, the centre or the last",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024",
    .need = StrategyNeed::Nothing,
    .select = select,
    .options = kOptions,
};

} // namespace heirloom
