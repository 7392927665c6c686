// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <optional>

namespace heirloom {

/// What a net that reads text is counted for: one sequence of so many tokens. 128 is the length at
/// which BERT was pre-trained for most of its steps and at which sentence encoders are served.
inline constexpr std::int64_t usualTextTokens = 128;

struct CostOptions {
    std::int64_t textTokens = usualTextTokens; ///< of one sample; not read for images
    std::optional<DType> dtype;                ///< of floating-point tensors; the spec's when empty
};

/// What a model costs to keep and to run. Counts too large for 63 bits stay at the largest number.
struct ModelCost {
    std::int64_t parameters = 0; ///< elements, tied ones once, buffers not
    std::int64_t bytes = 0;      ///< of parameters and buffers as a checkpoint stores them
    /// Multiply-adds of one sample: matrix products and convolutions, and both products of each
    /// attention, as fvcore and ptflops count them; not norms, activations and biases.
    std::int64_t macs = 0;
    bool readsText = false; ///< then `macs` is for CostOptions::textTokens
};

/// \pre options.textTokens > 0
[[nodiscard]] ModelCost modelCost(const ModelSpec& spec, const CostOptions& options = {});

/// Whether the spec says how often its parameters are multiplied; false for unknown nets, whose
/// `macs` would be 0.
[[nodiscard]] bool knowsMacs(const ModelSpec& spec);

} // namespace heirloom
