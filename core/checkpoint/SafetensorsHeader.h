// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
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
    std::vector<SafetensorsRange> ranges; ///< one for each of `tensors`
    std::map<std::string, std::size_t> unknownTypes; ///< dtype as written, how many tensors have it
    std::map<std::string, std::string> metadata;
};

/// Parses strictly: one object of objects with exactly dtype, shape and data_offsets; whole numbers
/// up to 2^48; valid UTF-8 without BOM or NUL. Looks at each entry by itself; whether names are
/// unique and the entries fit the data is the reader's to see.
[[nodiscard]] Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text,
                                                               const std::string& where);

} // namespace heirloom
