// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/ElementSelection.h"
#include "core/selection/RuleOption.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

class WeightScores;
struct ScoreRequest;

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
    std::span<const RuleOption> options; ///< what it reads of ElementSelection; "heads" besides
    /// Its scores from the teacher's weights alone; none for a space that has nothing to score.
    /// Null where `need` is not Scores, or where they must come from a ScoreSource.
    Result<std::vector<double>> (*score)(WeightScores& weights,
                                         const ScoreRequest& request) = nullptr;
    bool isControl = false; ///< to compare with, not to use: in every list, not among the pictures
};

/// In the order in which a list shows them.
[[nodiscard]] std::span<const Strategy* const> strategies();
/// Null when there is none of that name.
[[nodiscard]] const Strategy* findStrategy(std::string_view name);

/// "heads", which every strategy reads.
[[nodiscard]] const RuleOption& headsOption();
/// Null when the strategy does not read an option of that name; "heads" is found for all.
[[nodiscard]] const RuleOption* findOption(const Strategy& strategy, std::string_view name);
/// The names of its options parted by commas, "heads" last: "seed,consistent,heads".
[[nodiscard]] std::string optionWords(const Strategy& strategy);
/// Whether each tensor is drawn for on its own, so that the axes of a space do not agree.
[[nodiscard]] bool isDrawnPerTensor(const ElementSelection& selection);

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

/// Rotary pairs of a student's heads in the teacher's: round(j × teacher / student), halves to
/// even, so that each pair keeps (nearly) its frequency. \pre 0 < student <= teacher
[[nodiscard]] std::vector<std::int64_t> matchedFrequencies(std::int64_t teacher,
                                                           std::int64_t student);

} // namespace heirloom
