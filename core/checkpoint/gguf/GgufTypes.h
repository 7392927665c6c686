// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <cstdint>
#include <string_view>

namespace heirloom {

/// How GGML stores elements: in blocks of `elements` that take `bytes`.
struct GgufType {
    std::uint32_t number = 0;
    std::string_view name; ///< "F32", "Q4_K"
    std::int64_t elements = 1;
    std::int64_t bytes = 0;
    DType dtype = DType::Unsupported; ///< for blocks of one element that are plain numbers
};

/// Null for a number that is not known here.
[[nodiscard]] const GgufType* findGgufType(std::uint32_t number);

} // namespace heirloom
