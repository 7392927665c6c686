// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace heirloom {
namespace {

/// By position of an axis: whether its teacher index came before; empty where none did.
std::vector<bool> repeatsOf(const IndexList& list) {
    if (!list)
        return {};
    std::vector<bool> repeats;
    std::set<std::int64_t> seen;
    for (const auto index : *list)
        repeats.push_back(!seen.insert(index).second);
    if (seen.size() == list->size())
        return {};
    return repeats;
}

double deviationOf(std::span<const float> values) {
    double sum = 0;
    double square = 0;
    for (const float value : values)
        sum += static_cast<double>(value);
    const double mean = sum / static_cast<double>(values.size());
    for (const float value : values)
        square += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
    return std::sqrt(square / static_cast<double>(values.size()));
}

Result<HostTensor> make(WeightTask task) {
    const auto values = task.values.floats();
    const auto& shape = task.values.shape;
    // A bias, a gain or a statistic of a copy need not differ for the copies to part.
    if (!task.chosen || task.chosen->size() != shape.size() || shape.size() < 2 ||
        task.parameter.isBuffer || values.empty())
        return std::move(task.values);
    std::vector<bool> noisy(values.size(), false);
    std::size_t after = values.size();
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const auto size = static_cast<std::size_t>(shape[axis]);
        after /= size;
        const auto repeats = repeatsOf((*task.chosen)[axis]);
        for (std::size_t i = 0; !repeats.empty() && i < noisy.size(); ++i)
            if (repeats[i / after % size])
                noisy[i] = true;
    }
    const double scale = numberOf(task.selection, "ratio") * deviationOf(values);
    Random random(seedFor(task.seed, task.parameter.name));
    for (std::size_t i = 0; i < values.size(); ++i)
        if (noisy[i])
            values[i] += static_cast<float>(scale * random.normal());
    return std::move(task.values);
}

constexpr RuleOption kOptions[] = {
    {.name = "ratio",
     .standard = "0.01",
     .values = positiveNumber,
     .meaning = "standard deviation of the noise, as a part of that of the tensor"},
};

} // namespace

const WeightRule noiseRule{
    .name = "noise",
    .title = "Copy with noise on repeats",
    .meaning = "The slices as they are, with normal noise on the rows and columns that repeat an "
               "earlier one, so that the copies of a unit can part in training; for a student "
               "wider than its teacher, whose function is then kept nearly",
    .source = "Chen, Goodfellow, Shlens, Net2Net, ICLR 2016",
    .options = kOptions,
    .needs = WeightNeed::Slices,
    .draws = true,
    .make = make,
};

} // namespace heirloom
