// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/TensorInfo.h"
#include "core/checkpoint/pytorch/PickleGraph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// A block of elements that a torch pickle names by key: ('storage', type, key, location, count[,
/// view]).
struct PickledStorage {
    std::string key;
    DType dtype = DType::Unsupported; ///< U8 for an untyped storage
    bool isUntyped = false;
    std::int64_t elementSize = 1; ///< bytes; known for unsupported dtypes too
    std::int64_t count = 0;       ///< elements, of the whole storage
    std::int64_t viewOffset = 0;  ///< elements; legacy files may show a part of a storage
    std::int64_t viewCount = 0;   ///< elements; `count` when it is no part
};

/// A tensor as a torch pickle describes it.
struct PickledTensor {
    DType dtype = DType::Unsupported;
    std::string
        trouble; ///< the kind that cannot be read ("quantised", "complex64"); empty when it can
    Shape shape;
    std::vector<std::int64_t> strides;
    std::int64_t offset = 0;               ///< elements, in its storage (or in the storage's view)
    std::optional<PickledStorage> storage; ///< empty when it cannot be read
};

/// Tensors that lie outside the pickle, which names them by a persistent id.
using TensorsOutside = std::unordered_map<std::string, PickledTensor>;

/// What a storage's class says of its elements.
struct StorageType {
    DType dtype;
    std::int64_t size; ///< bytes
};
/// Of a Global such as `torch FloatStorage`; empty for others.
[[nodiscard]] std::optional<StorageType> storageType(const PickleGraph& graph, PickleGraph::Id id);

/// A key as text or as a number; empty for others.
[[nodiscard]] std::optional<std::string> pickledKey(const PickleGraph& graph, PickleGraph::Id id);

/// Whether the node would become a tensor: a call of one of torch's rebuilding functions, perhaps
/// inside parameter wrappers.
[[nodiscard]] bool isPickledTensor(const PickleGraph& graph, PickleGraph::Id id);

/// \pre isPickledTensor(graph, id)
/// \return an Error when its parts are not what torch writes
[[nodiscard]] Result<PickledTensor> pickledTensor(const PickleGraph& graph, PickleGraph::Id id);

/// Reads a Persistent node; empty when it is no storage (legacy files keep classes' source texts
/// the same way).
[[nodiscard]] Result<std::optional<PickledStorage>> pickledStorage(const PickleGraph& graph,
                                                                   PickleGraph::Id id);

} // namespace heirloom
