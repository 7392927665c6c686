// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Limits.h"
#include "core/checkpoint/pytorch/PickleGraph.h"
#include "core/checkpoint/pytorch/PickleInput.h"

#include <string>

namespace heirloom {

/// Reads the pickle at the input's position, protocols 0 to 5, and leaves the input behind its
/// STOP.
///
/// Calls, imports and builds nothing: a name stays a Global, a call an Object. Takes memory only
/// for bytes that are there, and recurses on nothing. A state dict takes about 40 instructions a
/// tensor, an optimiser's state some 120.
/// \return an Error that names the byte and the instruction at fault, or the limit (PickleBytes,
/// PickleNodes, PickleMemory)
[[nodiscard]] Result<PickleGraph> readPickle(PickleInput& input, const Limits& limits = {});

/// The same error with `advice` where it has none of its own (a limit's says how to raise it).
[[nodiscard]] Error withAdviceElse(Error error, std::string advice);

} // namespace heirloom
