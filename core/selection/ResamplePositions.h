// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace heirloom {

/// The side of a square grid of `count` positions; empty when there is none.
[[nodiscard]] std::optional<std::int64_t> gridSide(std::int64_t count);

/// What one output position takes: `weights` of the inputs from `first` on, summing to 1.
struct Taps {
    std::int64_t first = 0;
    std::vector<float> weights;
};

/// Taps of each output position; pixel centres at half steps (align_corners = False).
/// The filter is widened by the ratio where the side shrinks. Source: PyTorch,
/// aten/native/cpu/UpSampleKernel.cpp.
[[nodiscard]] std::vector<Taps> bicubicTaps(std::int64_t from, std::int64_t to);

/// Positions [1, tokens, dim] or [tokens, dim] as resamplePositions() does it, where the two nets
/// have different numbers of tokens before the grid: the first ones are kept, and a token that the
/// teacher has not starts from zeros.
[[nodiscard]] Result<HostTensor> resampleGrid(const HostTensor& positions,
                                              std::int64_t oldPrefix,
                                              std::int64_t newPrefix,
                                              std::int64_t newTokens);

/// Patch kernels [out, in, h, w] to sides of `to`: the pseudo-inverse of bicubic resizing, so that
/// a resized patch gives the same output. F32 only. Source: Beyer et al., FlexiViT, CVPR 2023;
/// timm, layers/patch_embed.py, resample_patch_embed.
[[nodiscard]] HostTensor resampleKernel(const HostTensor& kernel,
                                        std::int64_t newHeight,
                                        std::int64_t newWidth);

/// Relative-position biases [oldSide², heads] to [newSide², heads]: linear interpolation between
/// old offsets set apart in geometric progression. F32 only. Source: timm,
/// layers/pos_embed_rel.py, resize_rel_pos_bias_table.
/// \pre both are squares of odd sides
[[nodiscard]] HostTensor resampleBias(const HostTensor& table, std::int64_t newPositions);

} // namespace heirloom
