// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/ModelSpec.h"

#include <cstdint>
#include <memory>

namespace heirloom::test {

/// Sizes of a small net with the axes of Llama and the position table of GPT-2.
struct GroupedSizes {
    std::int64_t dim = 32;
    int depth = 2;
    std::int64_t kvHeads = 4;
    std::int64_t group = 2; ///< query heads a key/value head
    std::int64_t headDim = 8;
    std::int64_t mlp = 48;
    std::int64_t vocabulary = 11;
    std::int64_t positions = 16;
};

/// By hand, so that these tests do not lean on a family: q is kv_heads × group × halves × rotary, k
/// kv_heads × halves × rotary, v kv_heads × v_dim, o kv_heads × group × v_dim; norms over dim,
/// q_norm over halves × rotary; gate, up and down; a word embedding with a head tied to it.
[[nodiscard]] std::shared_ptr<const ModelSpec> groupedSpec(const GroupedSizes& sizes);

} // namespace heirloom::test
