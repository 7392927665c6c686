// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace heirloom {

/// Cuts rows [firstRow, firstRow + rowCount) of a tensor into boxes of at most `most` bytes, in the
/// order of memory: one after another they are the rows. \pre the rows lie in the tensor, which has
/// elements; most >= 8
class Hdf5Boxes {
public:
    Hdf5Boxes(const TensorInfo& tensor,
              std::int64_t firstRow,
              std::int64_t rowCount,
              std::size_t most);

    /// Empty after the last.
    [[nodiscard]] std::optional<hdf5wire::Box> next();
    [[nodiscard]] std::size_t bytes(const hdf5wire::Box& box) const;

private:
    hdf5wire::Box m_box;              ///< the next one's place; its counts but along m_axis
    std::vector<std::uint64_t> m_low; ///< where each axis begins and ends
    std::vector<std::uint64_t> m_end;
    std::size_t m_axis = 0; ///< that is cut; those before it are walked index by index
    std::uint64_t m_step = 1;
    bool m_isDone = false;
};

} // namespace heirloom
