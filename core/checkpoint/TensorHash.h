// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <stop_token>
#include <string>

namespace heirloom {

/// SHA-256, in lower-case hex, of the tensor's elements in row-major order, little endian, without
/// any header: the same for the same numbers in every file format. Read in blocks of a few
/// megabytes, whatever the tensor's size.
/// \pre `tensor` is one of the checkpoint's, and supported
/// \return an Error too when stopped
[[nodiscard]] Result<std::string> tensorSha256(const Checkpoint& checkpoint,
                                               const TensorInfo& tensor,
                                               std::stop_token stop = {});

} // namespace heirloom
