// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string_view>

namespace heirloom {

/// Told how much of a job is done: a share in [0, 1] and what is being worked on.
/// Called on the worker's thread, at most some hundred times a job; may be empty.
using Progress = std::function<void(double share, std::string_view what)>;

} // namespace heirloom
