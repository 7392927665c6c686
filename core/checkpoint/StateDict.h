// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heirloom {

/// A tensor in memory: dtype, shape, and its elements in row-major order, little endian.
struct HostTensor {
    DType dtype = DType::F32;
    Shape shape;
    std::vector<std::byte> bytes;

    [[nodiscard]] static HostTensor zeros(DType dtype, Shape shape);
    [[nodiscard]] static HostTensor fromFloats(Shape shape, std::span<const float> values);
    [[nodiscard]] std::int64_t elements() const { return elementCount(shape).value_or(0); }
    /// \pre dtype is F32
    [[nodiscard]] std::span<const float> floats() const;
    [[nodiscard]] std::span<float> floats();
    bool operator==(const HostTensor&) const = default;
};

/// All elements as float32 (integers and halves converted; F64 rounded).
[[nodiscard]] std::vector<float> toFloats(const HostTensor& tensor);
/// Converts `count = out.size()` elements of raw `bytes` of `dtype` to float32.
void toFloats(DType dtype, std::span<const std::byte> bytes, std::span<float> out);

/// Names to tensors in insertion order, PyTorch's own word.
class StateDict {
public:
    using Entry = std::pair<std::string, HostTensor>;

    /// Appends, or replaces the tensor of that name in place.
    void set(std::string name, HostTensor tensor);
    [[nodiscard]] const HostTensor* find(std::string_view name) const;
    [[nodiscard]] HostTensor* find(std::string_view name);
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] std::vector<TensorInfo> infos() const;
    [[nodiscard]] std::int64_t bytes() const;

private:
    std::vector<Entry> m_entries;
    std::unordered_map<std::string, std::size_t> m_index;
};

} // namespace heirloom
