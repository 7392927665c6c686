// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelCost.h"

#include <cstdint>
#include <string>

namespace heirloom::cli {

/// "1.25 G MACs · 22.9 MB", or "16.1 G MACs for 128 tokens · ..." where a net reads text; without
/// the MACs where they are not known.
[[nodiscard]] std::string costText(const ModelCost& cost, std::int64_t textTokens);

/// The floating-point type of most of a file's elements, which a student of it takes on; F32 when
/// there is none.
[[nodiscard]] DType usualDType(const Checkpoint& checkpoint);

} // namespace heirloom::cli
