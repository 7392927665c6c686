// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace heirloom {

// What nets for text with heads of dim / heads have in common (BERT, GPT-2, OPT).

/// Part of Family::follow: where dim changes, heads at the same head size and mlp in the same
/// ratio.
void followWidth(HyperParameters& changed,
                 const HyperParameters& before,
                 const std::vector<std::string>& given);

/// dim / the first of `headDims` that divides it; 1 where none does.
[[nodiscard]] std::int64_t headsOf(std::int64_t dim, std::initializer_list<std::int64_t> headDims);

/// Sets heads, and notes that the file does not tell them.
void assumeHeads(HyperParameters& hyper, std::int64_t heads, std::vector<std::string>& notes);

} // namespace heirloom
