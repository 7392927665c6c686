// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/Channel.h"

#include <cerrno>

#include <unistd.h>

namespace heirloom {
namespace {

constexpr std::size_t manyBytes = std::size_t{1} << 16;
constexpr std::uint32_t mostRequest = std::uint32_t{1} << 20;

bool readAll(char* to, std::size_t size) {
    while (size > 0) {
        const ssize_t got = ::read(hdf5wire::socketDescriptor, to, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

} // namespace

std::optional<Channel::Request> Channel::receive() {
    hdf5wire::FrameHead head;
    if (!readAll(reinterpret_cast<char*>(&head), sizeof(head)) || head.size > mostRequest)
        return std::nullopt;
    Request request{head.kind, std::string(head.size, '\0')};
    if (!readAll(request.payload.data(), request.payload.size()))
        return std::nullopt;
    return request;
}

void Channel::send(hdf5wire::Frame kind, const hdf5wire::Packer& payload) {
    hdf5wire::FrameHead head{};
    head.size = static_cast<std::uint32_t>(payload.bytes().size());
    head.kind = kind;
    m_pending.append(reinterpret_cast<const char*>(&head), sizeof(head));
    m_pending += payload.bytes();
    if (m_pending.size() >= manyBytes)
        flush();
}

void Channel::flush() {
    for (std::size_t sent = 0; sent < m_pending.size();) {
        const ssize_t wrote =
            ::write(hdf5wire::socketDescriptor, m_pending.data() + sent, m_pending.size() - sent);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            ::_exit(0);
        sent += static_cast<std::size_t>(wrote);
    }
    m_pending.clear();
}

} // namespace heirloom
