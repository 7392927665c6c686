// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Limits.h"

#include <cstdint>
#include <optional>
#include <string>

namespace heirloom {

/// How a checkpoint is opened where the file leaves a choice.
struct OpenOptions {
    /// Which of several state dicts in the file, by its path ("model_ema"); the best one unless
    /// given. An Error that lists them when the file has no such nest.
    std::optional<std::string> nest;
    /// What to take off the front of every name ("backbone."; empty for nothing); those of wrappers
    /// ("module.", "_orig_mod.") unless given. An Error when no name has it.
    std::optional<std::string> prefix;
    Limits limits;
};

/// A state dict that a file holds.
struct NestChoice {
    std::string path; ///< "model_ema"; empty for the whole file
    std::int64_t tensors = 0;
    bool operator==(const NestChoice&) const = default;
};

} // namespace heirloom
