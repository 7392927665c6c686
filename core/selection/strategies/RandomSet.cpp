// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"
#include "core/selection/strategies/Strategies.h"

namespace heirloom {
namespace {

constexpr RuleOption kOptions[] = {
    {"seed", "", "a whole number", "Of the draw; the plan's seed when not given"},
    {"consistent",
     "true",
     "true|false",
     "One set for every tensor of the space, or a fresh draw for each tensor"}};

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
    .meaning = "A random set an index space, shared by every tensor on it unless consistent=false",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024: random with, without "
              "consistency",
    .need = StrategyNeed::Nothing,
    .select = select,
    .options = kOptions,
};

} // namespace heirloom
