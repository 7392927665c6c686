// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/Families.h"
#include "core/model/HyperParameters.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heirloom {

/// A width and a depth of a family, as changes to the teacher's hyper-parameters.
struct WidthStep {
    std::string changes; ///< "dim=192,heads=3,mlp=768"; empty for the teacher's own width
    double ratio = 1;    ///< of the teacher's width
};

/// Narrower versions of a teacher, the widest first: by whole key and query heads where there are
/// heads (heads of one key/value head stay together, or the same number is left out of each), else
/// by steps of a power of two of the first width. The teacher's own width is the first.
[[nodiscard]] std::vector<WidthStep> widthSteps(const HyperParameters& teacher);

/// Shallower versions, each list from shallow to deep and ending with the teacher's own depth: all
/// stages together, and the deepest stage alone where there are several.
[[nodiscard]] std::vector<std::vector<std::string>> depthLadders(const HyperParameters& teacher);

/// The published shapes of the family with everything that is no size taken from the teacher.
[[nodiscard]] std::vector<HyperParameters> publishedShapes(const Family& family,
                                                           const HyperParameters& teacher);

/// The published name whose sizes and switches are equal to `hyper` but for the number of classes;
/// empty when there is none.
[[nodiscard]] std::string publishedName(const Family& family, const HyperParameters& hyper);

} // namespace heirloom
