// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <vector>

namespace heirloom {

static_assert(std::endian::native == std::endian::little,
              "file formats are read and written in place");

/// A little-endian number at any alignment. \pre sizeof(Number) bytes are there
template <class Number> [[nodiscard]] Number loadNumber(const std::byte* bytes) {
    Number value;
    std::memcpy(&value, bytes, sizeof(Number));
    return value;
}

template <class Number> void appendNumber(std::vector<std::byte>& bytes, Number value) {
    const std::size_t end = bytes.size();
    bytes.resize(end + sizeof(Number));
    std::memcpy(bytes.data() + end, &value, sizeof(Number));
}

} // namespace heirloom
