// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Boxes.h"

#include <algorithm>

namespace heirloom {

Hdf5Boxes::Hdf5Boxes(const TensorInfo& tensor,
                     std::int64_t firstRow,
                     std::int64_t rowCount,
                     std::size_t most)
    : m_low(tensor.shape.size(), 0), m_end(tensor.shape.begin(), tensor.shape.end()) {
    m_box.name = tensor.name;
    m_box.elementSize = static_cast<std::uint32_t>(dtypeSize(tensor.dtype));
    if (m_end.empty())
        return;
    m_low[0] = static_cast<std::uint64_t>(firstRow);
    m_end[0] = static_cast<std::uint64_t>(firstRow + rowCount);
    // One index along the axis that is cut must fit; the last axis always does.
    std::uint64_t inner = m_box.elementSize;
    m_axis = m_end.size() - 1;
    while (m_axis > 0 && inner * m_end[m_axis] <= most) {
        inner *= m_end[m_axis];
        --m_axis;
    }
    m_step = std::max<std::uint64_t>(1, most / inner);
    m_box.first = m_low;
    m_box.count.assign(m_end.size(), 1);
    for (std::size_t axis = m_axis + 1; axis < m_end.size(); ++axis)
        m_box.count[axis] = m_end[axis];
}

std::optional<hdf5wire::Box> Hdf5Boxes::next() {
    if (m_isDone)
        return std::nullopt;
    if (m_end.empty()) {
        m_isDone = true;
        return m_box;
    }
    m_box.count[m_axis] = std::min(m_step, m_end[m_axis] - m_box.first[m_axis]);
    hdf5wire::Box box = m_box;
    m_box.first[m_axis] += m_box.count[m_axis];
    std::size_t axis = m_axis;
    while (m_box.first[axis] == m_end[axis]) {
        m_box.first[axis] = m_low[axis];
        if (axis == 0) {
            m_isDone = true;
            break;
        }
        ++m_box.first[--axis];
    }
    return box;
}

std::size_t Hdf5Boxes::bytes(const hdf5wire::Box& box) const {
    std::size_t bytes = box.elementSize;
    for (const auto count : box.count)
        bytes *= count;
    return bytes;
}

} // namespace heirloom
