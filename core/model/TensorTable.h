// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace heirloom {

/// Names and shapes of a file as the families ask for them.
class TensorTable {
public:
    explicit TensorTable(std::span<const TensorInfo> tensors) {
        for (const auto& tensor : tensors)
            m_index.emplace(tensor.name, &tensor);
    }

    [[nodiscard]] const TensorInfo* find(std::string_view name) const {
        const auto found = m_index.find(name);
        return found == m_index.end() ? nullptr : found->second;
    }
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Size along `axis`, or 0 when the tensor or the axis is not there.
    [[nodiscard]] std::int64_t size(std::string_view name, std::size_t axis) const {
        const auto* tensor = find(name);
        return tensor && axis < tensor->shape.size() ? tensor->shape[axis] : 0;
    }
    [[nodiscard]] std::size_t rank(std::string_view name) const {
        const auto* tensor = find(name);
        return tensor ? tensor->shape.size() : 0;
    }
    /// How many of "stack.0.inner", "stack.1.inner", ... there are without a gap.
    [[nodiscard]] std::int64_t count(std::string_view stack, std::string_view inner) const {
        std::int64_t n = 0;
        while (has(fmt::format("{}.{}.{}", stack, n, inner)))
            ++n;
        return n;
    }

private:
    std::unordered_map<std::string_view, const TensorInfo*> m_index;
};

} // namespace heirloom
