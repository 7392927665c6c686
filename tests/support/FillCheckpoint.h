// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"

#include <memory>
#include <string>
#include <vector>

namespace heirloom::test {

/// A checkpoint without a file: each float32 element follows from tensor name and index by the rule of tests/data/golden (fill), so that a full-size teacher
/// costs no memory. Int64 tensors hold k. Source: golden/README.md, "fill".
[[nodiscard]] std::shared_ptr<const Checkpoint> fillCheckpoint(std::vector<TensorInfo> tensors, std::string prefix = {});

} // namespace heirloom::test
