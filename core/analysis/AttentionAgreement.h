// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"
#include "core/analysis/ParameterPairs.h"
#include "core/analysis/SpaceAgreement.h"

#include <string>
#include <vector>

namespace heirloom {

/// "q", "k" or "v" of a segment that is heads × head_dim, "proj" of the axis by which the heads'
/// output comes back; empty for all else. Fused weights tell by the place of the segment, separate
/// ones by Parameter::rolePart, else by name.
[[nodiscard]] std::string attentionPart(const ModelSpec& spec,
                                        const Parameter& parameter,
                                        int axis,
                                        std::size_t segment);

/// "blocks.0.q=k" and "blocks.0.v=proj" of each layer with an attention: over the spaces that both
/// parts have (with grouped queries, those of the shared heads).
[[nodiscard]] std::vector<SpaceReport> attentionReports(const ModelSpec& studentSpec,
                                                        const std::vector<SegmentTrace>& segments);

/// Teacher heads under the q rows of each student head, for each layer whose q rows could be
/// traced.
[[nodiscard]] std::vector<HeadReport> headReports(const ModelSpec& studentSpec,
                                                  const ModelSpec& teacherSpec,
                                                  const std::vector<int>& teacherLayers,
                                                  const std::vector<SegmentTrace>& segments);

/// "its k rows are the teacher's q rows" for each part of a fused axis of which most positions lie
/// in another part of the teacher's: a cut that did not know that three matrices lie in the tensor.
[[nodiscard]] std::vector<std::string> misplacedParts(const ModelSpec& studentSpec,
                                                      const ModelSpec& teacherSpec,
                                                      const ParameterPair& pair,
                                                      int axis,
                                                      int teacherAxis,
                                                      const std::vector<Fit>& fits);

/// Whether axis 0 of the parameter is a fused [q | k | v] of heads × head_dim.
[[nodiscard]] bool isFusedQkv(const ModelSpec& spec, const Parameter& parameter);

} // namespace heirloom
