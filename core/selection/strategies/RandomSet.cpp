// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

Result<std::vector<std::int64_t>> select(std::int64_t teacher,
                                         std::int64_t student,
                                         const ElementSelection&,
                                         std::uint64_t seed,
                                         std::span<const double>) {
    return Random(seed).sample(teacher, student);
}

} // namespace

const Strategy randomSetStrategy{
    .name = "random",
    .title = "Random",
    .meaning = "One random set an index space, shared by every tensor on it",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024: random with consistency",
    .need = StrategyNeed::Nothing,
    .select = select,
    .options = "seed",
};

} // namespace heirloom
