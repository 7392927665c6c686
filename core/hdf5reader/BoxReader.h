// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "core/checkpoint/hdf5/Hdf5Wire.h"
#include "core/hdf5reader/Listing.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace heirloom {

/// Reads parts of datasets into the shared window. Keeps the last dataset open, so that its chunks
/// need not be unpacked anew for each part.
class BoxReader {
public:
    BoxReader(std::span<std::byte> window, std::uint64_t memory)
        : m_window(window), m_memory(memory) {}

    /// \param bytes becomes the number of bytes in the window
    [[nodiscard]] std::optional<Refused> read(hid_t file,
                                              const hdf5wire::Box& box,
                                              std::uint64_t& bytes);

private:
    [[nodiscard]] bool open(hid_t file, const std::string& name);

    std::span<std::byte> m_window;
    std::uint64_t m_memory;
    std::string m_name; ///< of the open dataset
    Hdf5Handle m_dataset;
};

} // namespace heirloom
