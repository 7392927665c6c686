// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelCost.h"

#include <algorithm>
#include <limits>

namespace heirloom {
namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

std::int64_t times(std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? most : product;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? most : sum;
}

/// Whether `name` is another parameter's tensor, which stands in the spec too.
bool isSecondName(const ModelSpec& spec, const std::string& name) {
    return std::ranges::any_of(spec.tied, [&](const auto& pair) {
        return pair.first == name && spec.find(pair.second) != nullptr;
    });
}

} // namespace

ModelCost modelCost(const ModelSpec& spec, const CostOptions& options) {
    ModelCost cost;
    const auto resolved = [&](std::int64_t count) {
        if (count != perTextToken)
            return count;
        cost.readsText = true;
        return options.textTokens;
    };
    for (const auto& parameter : spec.parameters) {
        const auto elements = elementCount(parameter.shape).value_or(most);
        cost.macs = plus(cost.macs, times(resolved(parameter.positions), elements));
        if (isSecondName(spec, parameter.name))
            continue;
        const auto dtype = isFloatingPoint(parameter.dtype)
                               ? options.dtype.value_or(parameter.dtype)
                               : parameter.dtype;
        cost.bytes = plus(cost.bytes, times(elements, dtypeSize(dtype)));
        if (!parameter.isBuffer)
            cost.parameters = plus(cost.parameters, elements);
    }
    for (const auto& attention : spec.attentions) {
        const auto tokens = resolved(attention.tokens);
        const auto pairs = times(attention.windows, times(tokens, tokens));
        cost.macs = plus(cost.macs, times(2, times(pairs, attention.width)));
    }
    return cost;
}

bool knowsMacs(const ModelSpec& spec) {
    return std::ranges::any_of(spec.parameters,
                               [](const Parameter& one) { return one.positions != 0; });
}

} // namespace heirloom
