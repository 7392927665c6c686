// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace heirloom {

/// Finds tensors by name: 8 to 16 bytes a tensor, which matters for a million of them.
///
/// A hash table with open addressing. The hash is keyed with random bytes of the process, so that
/// no file can choose names that fall together.
class NameIndex {
public:
    NameIndex() = default;
    /// Of equal names the first is found.
    explicit NameIndex(std::span<const TensorInfo> tensors);

    /// Its place in `tensors`, which must be those that the index was made of.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name,
                                                  std::span<const TensorInfo> tensors) const;
    /// The place of the first tensor whose name an earlier one has already.
    [[nodiscard]] std::optional<std::size_t> repeated() const { return m_repeated; }

private:
    struct Slot {
        std::uint32_t place = 0; ///< plus 1; 0 for an empty slot
        std::uint32_t mark = 0;  ///< more bits of the hash, so that few names are compared in vain
    };
    std::vector<Slot> m_slots; ///< a power of two, at most half of them taken
    std::optional<std::size_t> m_repeated;
};

} // namespace heirloom
