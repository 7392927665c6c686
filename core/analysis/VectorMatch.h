// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterTrace.h"

#include <cstddef>
#include <span>
#include <vector>

namespace heirloom {

/// The teacher vectors that one student vector equals, and by what factor.
struct VectorMatch {
    Fit fit;
    double factor = 1; ///< student = factor × teacher, of the best fit
};

enum class MatchBy {
    Value,    ///< equal within the tolerance
    Direction ///< equal but for a positive factor of each vector's own
};

/// Nearest neighbours within a tolerance: vectors are ordered by their product with one fixed
/// vector, in which near ones lie near each other.
/// \param student, teacher vectors of `length` elements, one after the other
/// \param tolerance distance of two vectors that are taken for equal, relative to their length
[[nodiscard]] std::vector<VectorMatch> matchVectors(std::span<const float> student,
                                                    std::span<const float> teacher,
                                                    std::size_t length,
                                                    double tolerance,
                                                    MatchBy by);

} // namespace heirloom
