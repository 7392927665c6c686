// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/CostText.h"

#include "core/model/OpenedModel.h"

#include <map>

namespace heirloom::cli {

std::string costText(const ModelCost& cost, std::int64_t textTokens) {
    std::string text;
    if (cost.macs > 0)
        text = fmt::format("{} MACs{} · ",
                           shortCountText(cost.macs),
                           cost.readsText ? fmt::format(" for {} tokens", textTokens) : "");
    return text + byteCountText(cost.bytes);
}

DType usualDType(const Checkpoint& checkpoint) {
    std::map<DType, std::int64_t> elements;
    for (const auto& tensor : checkpoint.tensors())
        if (isFloatingPoint(tensor.dtype))
            elements[tensor.dtype] += tensor.elements();
    DType most = DType::F32;
    std::int64_t count = 0;
    for (const auto& [dtype, n] : elements)
        if (n > count) {
            most = dtype;
            count = n;
        }
    return most;
}

} // namespace heirloom::cli
