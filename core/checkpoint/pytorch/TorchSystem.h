// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/pytorch/PickleGraph.h"

#include <string>

namespace heirloom {

/// Reads the pickle in which torch described the machine that wrote the file (before 1.6).
/// \return an Error when it is no dictionary, or the machine was big-endian
[[nodiscard]] Status checkTorchSystem(const PickleGraph& graph, const std::string& where);

} // namespace heirloom
