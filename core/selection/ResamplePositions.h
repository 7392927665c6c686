// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace heirloom {

/// The side of a square grid of `count` positions; empty when there is none.
[[nodiscard]] std::optional<std::int64_t> gridSide(std::int64_t count);

} // namespace heirloom
