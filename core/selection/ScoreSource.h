// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/ElementSelection.h"

#include <string_view>
#include <vector>

namespace heirloom {

/// Which scores a strategy asks for.
struct ScoreRequest {
    std::string_view strategy;  ///< its name in strategies()
    int space = 0;              ///< index into the teacher's spaces
    bool isFlat = false;        ///< of a space of heads: one score a position of heads × head_dim
    ElementSelection selection; ///< for its options
};

/// Where scored strategies get one number a teacher index from. WeightScores looks at weights;
/// another source may hold what was measured on calibration images.
class ScoreSource {
public:
    virtual ~ScoreSource() = default;

    /// Whether it has scores of that strategy at all.
    [[nodiscard]] virtual bool has(std::string_view strategy) const = 0;
    /// One score an index, higher is kept; none where the strategy has nothing to say of the space,
    /// which then takes the uniform rule with a note.
    [[nodiscard]] virtual Result<std::vector<double>> scores(const ScoreRequest& request) = 0;
};

} // namespace heirloom
