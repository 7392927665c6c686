// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// For a space of attention heads: heads as units, or the flat run of heads × head_dim as one axis,
/// which may glue a student head from several teacher heads.
enum class HeadMode { Whole, Blended };

/// Where a run of consecutive indices starts.
enum class RunPosition { First, Centre, Last };

/// How the indices of one index space are chosen: a registered strategy and its options.
struct ElementSelection {
    std::string strategy = "uniform"; ///< name in strategies()
    HeadMode heads = HeadMode::Whole; ///< only read on a space of heads
    RunPosition position = RunPosition::First;
    std::optional<std::uint64_t> seed; ///< of "random"; the plan's seed when empty
    bool isConsistent = true; ///< of "random": one set a space; false draws anew for each tensor
    int norm = 2;             ///< p of the magnitudes: 1 or 2
    std::vector<std::int64_t> indices; ///< of "explicit": ascending teacher indices

    bool operator==(const ElementSelection&) const = default;
};

/// "uniform", "consecutive:position=centre", "random:seed=3,consistent=false", "magnitude:norm=1",
/// "explicit:indices=0-2-5", "uniform:heads=blended"; several options are parted by commas. An
/// unknown word, or an option that the strategy does not read, is an Error that lists the known
/// ones.
[[nodiscard]] Result<ElementSelection> parseElementSelection(std::string_view text);
/// The shortest text that parses to the same selection.
[[nodiscard]] std::string elementSelectionText(const ElementSelection& selection);

} // namespace heirloom
