// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleInput.h"

#include <algorithm>
#include <cstring>

namespace heirloom {

bool PickleInput::read(std::span<std::byte> out) {
    if (out.size() > remaining())
        return false;
    if (out.size() > m_block.size()) {
        if (!m_source.readAt(m_position, out))
            return false;
        m_position += out.size();
        return true;
    }
    if (m_position < m_blockBegin || m_position + out.size() > m_blockBegin + m_blockSize) {
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(m_block.size(), remaining()));
        if (!m_source.readAt(m_position, std::span(m_block).first(size)))
            return false;
        m_blockBegin = m_position;
        m_blockSize = size;
    }
    if (!out.empty())
        std::memcpy(out.data(), m_block.data() + (m_position - m_blockBegin), out.size());
    m_position += out.size();
    return true;
}

bool PickleInput::skip(std::uint64_t count) {
    if (count > remaining())
        return false;
    m_position += count;
    return true;
}

bool PickleInput::append(std::string& out, std::uint64_t count) {
    if (count > remaining())
        return false;
    const std::size_t before = out.size();
    out.resize(before + static_cast<std::size_t>(count));
    return read(std::as_writable_bytes(std::span(out).subspan(before)));
}

} // namespace heirloom
