// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>

namespace heirloom::cli {

/// Whether each tensor's bytes are read and hashed.
enum class Hashes { None, Sha256 };

/// The tensors of one state dict, and what stands before their names beside those of others.
struct ListedTensors {
    const Checkpoint& checkpoint;
    std::string front; ///< "model_ema."; empty where only one is listed
};

/// Prints one JSON object on one line: the fields of `before`, then "tensors" with name, dtype,
/// shape and, where wanted and readable, sha256, then the fields of `after`. Row by row, so that a
/// million tensors take no memory of their own.
[[nodiscard]] Status printTensorsJson(const nlohmann::ordered_json& before,
                                      std::span<const ListedTensors> lists,
                                      Hashes hashes,
                                      const nlohmann::ordered_json& after);

/// Prints a line a tensor: name, dtype, shape and, where wanted, its hash; "-" where it cannot be
/// read.
[[nodiscard]] Status printTensorsTable(const ListedTensors& list, Hashes hashes);

} // namespace heirloom::cli
