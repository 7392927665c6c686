// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace heirloom {

// What stands on top of a decoder for text (GPT-2, Llama), by its hyper-parameters:
//   head         lm (next token), classifier (score.weight), none
//   num_classes  of head=classifier, else 0
//   tied         head=lm: its matrix is the word embedding, and lm_head.weight stands in no file
//   wrapper      names of the decoder have a prefix; only a decoder without head does without

/// Part of Family::follow.
void followTextHead(HyperParameters& changed,
                    const HyperParameters& before,
                    const std::vector<std::string>& given);
/// Part of Family::build: an Error for an unknown head or one without classes.
[[nodiscard]] Status checkTextHead(const std::string& family, const HyperParameters& hyper);
/// num_classes and tied where the head leaves no choice.
void settleTextHead(HyperParameters& hyper);
/// The head's parameters; `words` names the word embedding.
void addTextHead(SpecBuilder& builder,
                 const HyperParameters& hyper,
                 const AxisLayout& vocabulary,
                 const AxisLayout& residual,
                 const std::string& words);
/// Part of Family::recognize: head and num_classes. A wrapped decoder without any head tensor has a
/// tied one.
void readTextHead(HyperParameters& hyper, const TensorTable& table, bool isWrapped);
/// Part of Family::configured: head, num_classes, tied and wrapper, from the class that the config
/// names. Where it names none: with lm head.
void configuredTextHead(HyperParameters& hyper, const nlohmann::json& config, bool tiedByDefault);

} // namespace heirloom
