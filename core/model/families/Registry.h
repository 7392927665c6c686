// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/Families.h"

/// Every family, in the order in which they are asked: one line a file of this folder.
#define HEIRLOOM_FAMILIES(F)                                                                       \
    F(vitFamily)                                                                                   \
    F(eva02Family)                                                                                 \
    F(swinFamily)                                                                                  \
    F(convNextFamily)                                                                              \
    F(resNetFamily)                                                                                \
    F(cifarResNetFamily)                                                                           \
    F(mlpMixerFamily)                                                                              \
    F(bertFamily)                                                                                  \
    F(gpt2Family)                                                                                  \
    F(llamaFamily)                                                                                 \
    F(optFamily)                                                                                   \
    F(unknownFamily)

namespace heirloom {

#define HEIRLOOM_DECLARE(family) extern const Family family;
HEIRLOOM_FAMILIES(HEIRLOOM_DECLARE)
#undef HEIRLOOM_DECLARE

/// A net of no known family: every axis a space of its own, dtypes as stored. `notes` say what was
/// tried.
[[nodiscard]] ModelSpec unknownModel(std::span<const TensorInfo> tensors,
                                     std::vector<std::string> notes);

/// Whose names these are, for the note of an unknown net: "transformers' BERT"; empty when nobody
/// known.
[[nodiscard]] std::string_view knownNames(std::span<const TensorInfo> tensors);

} // namespace heirloom
