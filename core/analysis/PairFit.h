// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heirloom {

/// How well a student's shape sits in a teacher's, read from both specs alone: what a selection by
/// uniform indices and first layers would keep.
struct PairFit {
    double sizeRatio = 0;      ///< teacher's parameters / student's
    double inheritedShare = 0; ///< of the student's parameters, those taken from the teacher
    double keptShare = 0;      ///< of the teacher's parameters, those that live on in the student
    double widthRatio = 0;     ///< teacher's residual width / student's; the largest over stages
    /// Residual streams and MLPs of the teacher are whole multiples of the student's: indices are
    /// evenly spaced.
    bool hasWholeRatios = true;
    bool hasHeads = false;
    bool hasWholeHeads = true;   ///< each student head comes from one teacher head
    bool hasEqualHeadDim = true; ///< and has its size
    std::int64_t heads = 0;      ///< of the first block, the student's
    std::int64_t teacherHeads = 0;
    int layers = 0; ///< student layers that have a teacher layer
    int teacherLayers = 0;

    /// What is kept, one clause each: "3 of 6 heads, whole".
    [[nodiscard]] std::vector<std::string> reasons() const;
};

/// \return the planner's Error when nothing can be selected: another family, a wider student
[[nodiscard]] Result<PairFit> fitPair(std::shared_ptr<const ModelSpec> teacher,
                                      std::shared_ptr<const ModelSpec> student);

/// The order of two students that cost about the same, or of two teachers that are about as much
/// larger: whole heads first, then whole ratios. Less than 0 where `a` is the better one.
[[nodiscard]] int compareFits(const PairFit& a, const PairFit& b);

} // namespace heirloom
