// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"
#include "core/analysis/ParameterTrace.h"

#include <string>
#include <vector>

namespace heirloom {

/// A traced stretch of one student axis: all of it, or one of the parts of a fused axis. Fits are
/// teacher indices within the same part.
struct SegmentTrace {
    const Parameter* parameter = nullptr;
    int axis = 0;
    int segment = 0;
    std::string part;                       ///< "q", "k", "v", else empty
    std::vector<int> spaces;                ///< student spaces, outermost first
    std::vector<std::int64_t> studentSizes; ///< of these spaces
    std::vector<std::int64_t> teacherSizes; ///< of the teacher's counterparts
    std::vector<Fit> fits;
};

/// Cuts the fits of one axis into its segments; those that could not be traced are left out: most
/// positions fit several teacher indices, or none.
[[nodiscard]] std::vector<SegmentTrace> segmentTraces(const ModelSpec& studentSpec,
                                                      const Parameter& student,
                                                      const ModelSpec& teacherSpec,
                                                      const Parameter& teacher,
                                                      int axis,
                                                      const std::vector<Fit>& fits);

/// What the segments on each space agree on, for every space that is not fixed by nature, in the
/// student's order.
[[nodiscard]] std::vector<SpaceReport> spaceReports(const ModelSpec& studentSpec,
                                                    const std::vector<SegmentTrace>& segments);

/// "blocks.0.q=k" and "blocks.0.v=proj" of each layer with a fused qkv.
[[nodiscard]] std::vector<SpaceReport> attentionReports(const ModelSpec& studentSpec,
                                                        const std::vector<SegmentTrace>& segments);

/// Teacher heads under the q rows of each student head, for each layer with a fused qkv whose q
/// rows could be traced.
[[nodiscard]] std::vector<HeadReport> headReports(const ModelSpec& studentSpec,
                                                  const ModelSpec& teacherSpec,
                                                  const std::vector<int>& teacherLayers,
                                                  const std::vector<SegmentTrace>& segments);

/// Whether axis 0 of the parameter is a fused [q | k | v] of heads × head_dim.
[[nodiscard]] bool isFusedQkv(const ModelSpec& spec, const Parameter& parameter);

} // namespace heirloom
