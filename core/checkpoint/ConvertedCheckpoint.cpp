// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/ConvertedCheckpoint.h"

#include "core/checkpoint/FloatCast.h"

#include <new>
#include <utility>

namespace heirloom {

ConvertedCheckpoint::ConvertedCheckpoint(std::shared_ptr<const Checkpoint> source, DType dtype)
    : m_source(std::move(source)), m_dtype(dtype), m_lost(m_source->tensors().size()) {
    m_format = m_source->format();
    m_path = m_source->path();
    m_tensors = m_source->tensors();
    m_notes = m_source->notes();
    m_metadata = m_source->metadata();
    for (TensorInfo& tensor : m_tensors)
        if (isFloatingPoint(tensor.dtype))
            tensor.dtype = dtype;
    index();
}

Status ConvertedCheckpoint::readRows(const TensorInfo& tensor,
                                     std::int64_t firstRow,
                                     std::int64_t rowCount,
                                     std::span<std::byte> out) const {
    const TensorInfo* source = m_source->find(tensor.name);
    if (!source)
        return fail(tensor.name, "there is no tensor of this name");
    if (!isFloatingPoint(source->dtype) || source->dtype == m_dtype)
        return m_source->readRows(*source, firstRow, rowCount, out);
    auto buffer = borrow();
    const std::size_t size = out.size() / static_cast<std::size_t>(dtypeSize(m_dtype)) *
                             static_cast<std::size_t>(dtypeSize(source->dtype));
    try {
        if (buffer.size() < size)
            buffer.resize(size);
    } catch (const std::bad_alloc&) {
        return fail(tensor.name, "there is not enough memory to convert its rows");
    }
    const auto rows = std::span(buffer).first(size);
    auto read = m_source->readRows(*source, firstRow, rowCount, rows);
    if (read)
        m_lost[static_cast<std::size_t>(source - m_source->tensors().data())] +=
            convertFloats(source->dtype, rows, m_dtype, out);
    giveBack(std::move(buffer));
    return read;
}

std::vector<Overflow> ConvertedCheckpoint::overflows() const {
    std::vector<Overflow> found;
    for (std::size_t i = 0; i < m_lost.size(); ++i)
        if (const std::int64_t lost = m_lost[i]; lost > 0)
            found.push_back({m_tensors[i].name, lost});
    return found;
}

std::vector<std::byte> ConvertedCheckpoint::borrow() const {
    const std::scoped_lock lock(m_mutex);
    if (m_buffers.empty())
        return {};
    auto buffer = std::move(m_buffers.back());
    m_buffers.pop_back();
    return buffer;
}

void ConvertedCheckpoint::giveBack(std::vector<std::byte> buffer) const {
    const std::scoped_lock lock(m_mutex);
    m_buffers.push_back(std::move(buffer));
}

} // namespace heirloom
