// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/ModelSpec.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace heirloom {

/// Which axis of the weight of a linear layer or a convolution reads, and which writes.
struct MatrixRole {
    std::size_t out = 0;
    std::size_t in = 1;
};

/// Weights [out, in, kernel ...]; [in, out] of GPT-2's Conv1D. Empty for norms, biases, tables that
/// are looked up (embeddings, positions, relative-position biases), tokens and buffers.
[[nodiscard]] std::optional<MatrixRole> matrixRole(const ModelSpec& spec,
                                                   const Parameter& parameter);

/// Inputs of one output, and outputs of one input, as torch.nn.init counts them: the kernel's area
/// is a factor of both.
[[nodiscard]] double fanIn(const Shape& shape, const MatrixRole& role);
[[nodiscard]] double fanOut(const Shape& shape, const MatrixRole& role);

/// Gain of a norm over one space (LayerNorm, RMSNorm, BatchNorm, GRN): rank 1, named "weight".
[[nodiscard]] bool isNormGain(const Parameter& parameter);

/// The one space on an axis, as an index into ModelSpec::spaces; -1 for an axis made of several.
[[nodiscard]] int onlySpace(const AxisLayout& axis);
/// The kind of onlySpace().
[[nodiscard]] std::optional<SpaceKind> onlyKind(const ModelSpec& spec, const AxisLayout& axis);

/// Of a layer that changes the size of a stream between two blocks: "downsample", "shortcut".
[[nodiscard]] bool isOfShortcut(const Parameter& parameter);
/// The pointwise convolution on the shortcut of a residual block, [out, in, 1, 1].
[[nodiscard]] bool isProjection(const Parameter& parameter);

} // namespace heirloom
