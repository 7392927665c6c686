// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <string>

namespace heirloom {

/// A short name for the weights themselves, whatever file format holds them: "v1:" and a SHA-256 in
/// hex over every tensor's name, dtype and shape, in the order of their names, and the bytes of the
/// first and the last row of up to 4,096 tensors spread over all of them (4 KiB of each row at
/// most; rows of more than 16 MiB are left out).
///
/// It tells two trained checkpoints apart without reading them whole (milliseconds for gigabytes).
/// It is no proof against somebody who changes single numbers in the middle of a tensor.
[[nodiscard]] Result<std::string> weightFingerprint(const Checkpoint& checkpoint);

} // namespace heirloom
