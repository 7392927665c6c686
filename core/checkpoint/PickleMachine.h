// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/PickleGraph.h"
#include "core/checkpoint/PickleInput.h"

#include <cstdint>

namespace heirloom {

/// Bounds of one pickle. A state dict takes about 40 instructions a tensor, an optimiser's state
/// some 120.
struct PickleLimits {
    std::uint64_t instructions = 4'000'000;
    std::uint64_t textBytes = std::uint64_t{1} << 30; ///< names, bytes and long integers together
};

/// Reads the pickle at the input's position, protocols 0 to 5, and leaves the input behind its
/// STOP.
///
/// Calls, imports and builds nothing: a name stays a Global, a call an Object. Takes memory only
/// for bytes that are there, and recurses on nothing.
/// \return an Error that names the byte and the instruction at fault
[[nodiscard]] Result<PickleGraph> readPickle(PickleInput& input, const PickleLimits& limits = {});

} // namespace heirloom
