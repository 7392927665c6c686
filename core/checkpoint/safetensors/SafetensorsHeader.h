// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Limits.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// Where a tensor lies in the data, which begins at byte 0 behind the header: [begin, end).
struct SafetensorsRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// The JSON part of a safetensors file.
struct SafetensorsHeader {
    std::vector<TensorInfo> tensors;      ///< in the header's order; unknown dtypes as Unsupported
    std::vector<SafetensorsRange> ranges; ///< one for each of `tensors`, begin <= end
    std::map<std::string, std::size_t> unknownTypes; ///< dtype as written, how many tensors have it
    std::map<std::string, std::string> metadata;
};

/// Parses strictly: one object of objects with exactly dtype, shape and data_offsets; whole numbers
/// up to 2^48; valid UTF-8 without BOM or NUL; as many bytes as shape and dtype need, for dtypes
/// that cannot be read too. Looks at each entry by itself; whether names are unique and the entries
/// fit the data is the reader's to see.
[[nodiscard]] Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text,
                                                               const std::string& where,
                                                               const Limits& limits = {});

/// Bits of one element of a dtype that is listed but not read ("F4", "F6_E2M3", "C64"); 0 for one
/// that is not of the specification.
[[nodiscard]] int unreadableBits(std::string_view dtype);

} // namespace heirloom
