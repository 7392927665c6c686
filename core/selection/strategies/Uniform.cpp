// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/strategies/Strategies.h"

#include <cassert>
#include <cmath>

namespace heirloom {

std::vector<std::int64_t> uniformIndices(std::int64_t teacher, std::int64_t student) {
    assert(student > 0 && student <= teacher);
    std::vector<std::int64_t> indices(static_cast<std::size_t>(student));
    if (teacher % student == 0) {
        for (std::int64_t i = 0; i < student; ++i)
            indices[static_cast<std::size_t>(i)] = i * (teacher / student);
        return indices;
    }
    // torch.linspace fills the front half from the start and the back half from the end, the latter
    // with one rounding (fused multiply-add). A float64 or one-sided linspace gives other indices
    // for hundreds of size pairs.
    const auto end = static_cast<float>(teacher - 1);
    const float step = end / static_cast<float>(student - 1);
    for (std::int64_t i = 0; i < student; ++i) {
        const float value = i < student / 2
                                ? step * static_cast<float>(i)
                                : std::fma(-step, static_cast<float>(student - 1 - i), end);
        indices[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(std::nearbyint(value));
    }
    return indices;
}

namespace {

Result<std::vector<std::int64_t>> select(std::int64_t teacher,
                                         std::int64_t student,
                                         const ElementSelection&,
                                         std::uint64_t,
                                         std::span<const double>) {
    return uniformIndices(teacher, student);
}

} // namespace

const Strategy uniformStrategy{
    .name = "uniform",
    .title = "Uniform",
    .meaning = "Evenly spaced over the teacher",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024",
    .need = StrategyNeed::Nothing,
    .select = select,
    .options = {},
};

} // namespace heirloom
