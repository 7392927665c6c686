// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace heirloom::test {

/// tests/data/golden/models/<label>.json, or forward/<case>/case.json, parsed.
[[nodiscard]] nlohmann::json goldenModel(const std::string& label);
[[nodiscard]] nlohmann::json goldenCase(const std::string& name);

/// Rows [name, shape, dtype, is_buffer] as tensors.
[[nodiscard]] std::vector<TensorInfo> tensorsOf(const nlohmann::json& entries);

/// Names and shapes of forward/<case>/weights.safetensors, read from its header.
[[nodiscard]] std::vector<TensorInfo> goldenWeights(const std::string& name);

/// Names, shapes and metadata without data.
[[nodiscard]] std::shared_ptr<const Checkpoint> namesOnly(
    std::vector<TensorInfo> tensors, std::map<std::string, std::string> metadata = {});

/// The tensors that a spec describes.
[[nodiscard]] std::vector<TensorInfo> tensorsOf(const ModelSpec& spec);

/// Every space with the axes on it, "name axis n", in order of the parameters.
[[nodiscard]] std::map<std::string, std::vector<std::string>> membersOf(const ModelSpec& spec);

} // namespace heirloom::test
