// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace heirloom {

/// What lies inside the heads of one space of heads.
struct HeadInside {
    std::set<int> spaces; ///< that of q and k, that of v; with grouped queries the group as well
    /// Each axis on the heads is heads × one selectable space, so that they can be cut as one run.
    bool isFlat = true;
};

/// For each space of heads what lies inside, read off the axes that are heads × something.
[[nodiscard]] std::map<int, HeadInside> insideHeads(const ModelSpec& spec);

/// How a student's heads are taken from the teacher's.
struct HeadFit {
    bool isWhole = true;           ///< each student head from one teacher head
    std::int64_t studentWidth = 0; ///< heads × head_dim, where they are blended
    std::int64_t teacherWidth = 0;
    std::string note; ///< why they are blended, or whole, although the other was asked for
};

/// Whole heads where each student head fits into a teacher head and there are enough of them; else
/// the flat run of heads × head_dim. Grouped queries and rotary pairs only go with whole heads.
///
/// \pre `plan.spaces` has its teacher spaces and sizes, and `heads` has a teacher space
/// \return an Error when the flat run is wider than the teacher's or differs between q, k and v, or
/// when heads that have no flat run do not fit
[[nodiscard]] Result<HeadFit> fitHeads(const SelectionPlan& plan,
                                       int heads,
                                       const HeadInside& inside);

} // namespace heirloom
