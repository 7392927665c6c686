// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/ElementSelection.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace heirloom {

/// What a strategy has to look at besides the two sizes.
enum class StrategyNeed { Nothing, Scores, Indices };

/// One way to choose `student` of `teacher` indices; one file in core/selection/strategies/, listed
/// by strategies().
struct Strategy {
    std::string_view name;    ///< stable word: "uniform"
    std::string_view title;   ///< for a person: "Uniform"
    std::string_view meaning; ///< one line
    std::string_view source;  ///< paper or repository
    StrategyNeed need;
    /// \param scores one a teacher index where `need` is Scores, else empty
    /// \return `student` indices of [0, teacher), not descending
    Result<std::vector<std::int64_t>> (*select)(std::int64_t teacher,
                                                std::int64_t student,
                                                const ElementSelection& options,
                                                std::uint64_t seed,
                                                std::span<const double> scores);
    std::string_view options; ///< words of ElementSelection that it reads, parted by blanks: "seed"
};

/// In the order in which a list shows them.
[[nodiscard]] std::span<const Strategy* const> strategies();
/// Null when there is none of that name.
[[nodiscard]] const Strategy* findStrategy(std::string_view name);

/// Teacher indices kept along one dimension: evenly spaced over [0, teacher).
///
/// "Uniform selection" of Xu et al., Initializing Models with Larger Ones (ICLR 2024,
/// arXiv:2311.18823). A whole stride where `teacher` is a multiple of `student`; otherwise
/// round(linspace(0, teacher - 1, student)) in float32, halves to even, as torch with AVX2 computes
/// it, so that results equal the authors' published code.
///
/// \pre 0 < student <= teacher
/// \return `student` indices, non-decreasing; strictly increasing but for a few sizes with student
/// close to a large teacher
[[nodiscard]] std::vector<std::int64_t> uniformIndices(std::int64_t teacher, std::int64_t student);

} // namespace heirloom
