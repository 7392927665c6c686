// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace heirloom {

/// What the HDF5 library writes of a file, kept in memory by pages; what it leaves out (the data of
/// tensors, which others write) takes none. So the library never touches a disk, which its own
/// writing survives neither full nor failing.
class Hdf5Pages {
public:
    static constexpr std::uint64_t pageBytes = 4096;

    void write(std::uint64_t at, std::span<const std::byte> bytes);
    /// Zeros where nothing was written.
    void read(std::uint64_t at, std::span<std::byte> out) const;
    /// Whether anything was written in the page that begins at `at`.
    [[nodiscard]] bool has(std::uint64_t at) const { return m_pages.contains(at / pageBytes); }
    [[nodiscard]] std::uint64_t size() const { return m_size; }
    void setSize(std::uint64_t bytes) { m_size = bytes; }

private:
    std::map<std::uint64_t, std::unique_ptr<std::array<std::byte, pageBytes>>> m_pages;
    std::uint64_t m_size = 0;
};

/// A new list of access properties with which H5Fcreate() makes a file of `pages`, which outlive
/// it; negative when the library refuses. \pre hdf5Mutex() is held
[[nodiscard]] hid_t hdf5PagesAccess(Hdf5Pages& pages);

} // namespace heirloom
