// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/TextSizes.h"

#include "core/model/SpecBuilder.h"
#include "core/model/families/TextNames.h"

namespace heirloom {

void followWidth(HyperParameters& changed,
                 const HyperParameters& before,
                 const std::vector<std::string>& given) {
    const auto dim = changed.integer("dim"), oldDim = before.integer("dim"),
               oldHeads = before.integer("heads");
    if (dim == oldDim || oldDim < 1 || oldHeads < 1 || dim > maximumWidth)
        return;
    if (const auto headDim = oldDim / oldHeads;
        !isGiven(given, "heads") && headDim > 0 && dim % headDim == 0)
        changed.set("heads", dim / headDim);
    if (!isGiven(given, "mlp"))
        changed.set("mlp", inProportion(before.integer("mlp"), oldDim, dim));
}

std::int64_t headsOf(std::int64_t dim, std::initializer_list<std::int64_t> headDims) {
    for (const auto headDim : headDims)
        if (dim % headDim == 0)
            return dim / headDim;
    return 1;
}

void assumeHeads(HyperParameters& hyper, std::int64_t heads, std::vector<std::string>& notes) {
    hyper.set("heads", heads);
    notes.push_back(
        fmt::format("{} heads of {} assumed, for a file does not say; write heads=N to change it",
                    heads,
                    hyper.integer("dim") / heads));
}

} // namespace heirloom
