// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"
#include "core/analysis/ParameterPairs.h"
#include "core/analysis/ParameterTrace.h"

#include <optional>
#include <string>
#include <vector>

namespace heirloom {

/// A traced stretch of one student axis: all of it, or one of the parts of a fused axis. Fits are
/// teacher indices within the same part.
struct SegmentTrace {
    const Parameter* parameter = nullptr;
    int axis = 0;
    int segment = 0;
    std::string part;                       ///< "q", "k", "v", "proj", else empty
    std::vector<int> spaces;                ///< student spaces, outermost first
    std::vector<std::int64_t> studentSizes; ///< of these spaces
    std::vector<std::int64_t> teacherSizes; ///< of the teacher's counterparts
    std::vector<Fit> fits;
};

/// Cuts the fits of one axis into its segments; those that could not be traced are left out: most
/// positions fit several teacher indices, or none.
/// \param axis, teacherAxis of the student's and of the teacher's parameter
[[nodiscard]] std::vector<SegmentTrace> segmentTraces(const ModelSpec& studentSpec,
                                                      const ModelSpec& teacherSpec,
                                                      const ParameterPair& pair,
                                                      int axis,
                                                      int teacherAxis,
                                                      const std::vector<Fit>& fits);

/// Teacher indices that are left when several axes must name the same one; anything at first.
class CommonIndex {
public:
    void narrow(std::vector<std::int64_t> indices);
    /// The smallest index left; -1 when none is, or nothing was asked.
    [[nodiscard]] std::int64_t index() const {
        return m_left && !m_left->empty() ? m_left->front() : -1;
    }

private:
    std::optional<std::vector<std::int64_t>> m_left;
};

/// Narrows positions of the row-major product of `spaces` (some of the segment's, in its order) by
/// all elements of the segment.
void narrowBy(const SegmentTrace& segment,
              const std::vector<int>& spaces,
              std::vector<CommonIndex>& positions);

[[nodiscard]] SpaceReport spaceReportOf(std::string name,
                                        int axes,
                                        const std::vector<CommonIndex>& positions);

/// What the segments on each space agree on, for every space that is not fixed by nature, in the
/// student's order.
[[nodiscard]] std::vector<SpaceReport> spaceReports(const ModelSpec& studentSpec,
                                                    const std::vector<SegmentTrace>& segments);

} // namespace heirloom
