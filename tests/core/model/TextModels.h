// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/ModelSpec.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom::test {

/// modelFromName(), and recognizeModel() on names alone; a failed test and an empty spec where they
/// refuse.
[[nodiscard]] ModelSpec modelNamed(std::string_view name);
[[nodiscard]] ModelSpec modelRead(std::vector<TensorInfo> tensors, std::string_view changes = {});

[[nodiscard]] bool notesSay(const ModelSpec& spec, std::string_view words);
[[nodiscard]] const IndexSpace& spaceOf(const ModelSpec& spec, std::string_view name);
/// Names of the spaces that make up an axis: "layers.0.heads x layers.0.qk_dim | ...".
[[nodiscard]] std::string axisText(const ModelSpec& spec,
                                   std::string_view parameter,
                                   std::size_t axis);

/// transformers' state dict of a golden model is that of `name`: order, shapes, dtypes, buffers,
/// tied tensors, number of parameters. Recognition finds `name` in it, with the tied copies and
/// without. Its config leads to it too.
void expectStockTextModel(const std::string& label, const std::string& name);

/// The weights and options of a golden forward case; `changes` say what weights cannot.
void expectForwardCase(const std::string& label,
                       const std::string& name,
                       const std::string& changes);

} // namespace heirloom::test
