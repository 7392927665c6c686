// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <optional>
#include <string>

namespace heirloom {

/// The reader's end of the socket. Frames are gathered and sent when there are many or on flush();
/// where the other side is gone, the process ends.
class Channel {
public:
    struct Request {
        hdf5wire::Frame kind{};
        std::string payload;
    };

    /// The next request; empty when the other side has closed.
    [[nodiscard]] std::optional<Request> receive();
    void send(hdf5wire::Frame kind, const hdf5wire::Packer& payload);
    void flush();

private:
    std::string m_pending;
};

} // namespace heirloom
