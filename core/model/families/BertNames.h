// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// How a BERT's tensors are called. The first is the one that Parameter::role speaks.
inline constexpr std::array<std::string_view, 4> bertDialects = {
    "bert", "bert-gamma", "roberta", "distilbert"};

/// `role`, a name of BertModel's or of its heads' ("encoder.layer.3.attention.self.query.weight",
/// "cls.predictions.bias"; "token_classifier.weight" for the one of single tokens), in the words of
/// a dialect. `isWrapped`: inside a class with a head, so that the encoder's names start with
/// "bert.", "roberta." or "distilbert.".
[[nodiscard]] std::string bertSpelling(std::string_view dialect,
                                       bool isWrapped,
                                       std::string_view role);

/// Heads that give classes, and those whose output is over the vocabulary.
[[nodiscard]] bool bertHasClasses(std::string_view head);
[[nodiscard]] bool bertHasWordHead(std::string_view head);
/// Whether the stock class with this head has the tanh layer.
[[nodiscard]] bool bertHasPooler(std::string_view names, std::string_view head);

/// A published size: rows of the position table include RoBERTa's two unused ones.
struct BertSize {
    std::string_view name;
    std::string_view dialect;
    std::int64_t dim, depth, heads, mlp, vocab, positions, types;
};
[[nodiscard]] const std::vector<BertSize>& bertSizes();

/// Family::named and Family::names. An organisation in front ("google-bert/") is passed over.
[[nodiscard]] std::optional<HyperParameters> bertNamed(std::string_view name);
[[nodiscard]] std::vector<std::string> bertNames();

} // namespace heirloom
