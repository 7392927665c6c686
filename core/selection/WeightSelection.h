// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom {

/// What becomes of a student parameter once its teacher slices are known: a registered rule
/// ("copy", "scale", "dct", "permuted", "trunc-normal" ...) and its options.
struct WeightSelection {
    std::string rule = "copy"; ///< name in weightRules()
    /// Options that differ from the rule's defaults, as words, in the rule's own order.
    std::vector<std::pair<std::string, std::string>> options;
    std::optional<std::uint64_t> seed; ///< of rules that draw; the plan's seed when empty

    bool operator==(const WeightSelection&) const = default;
};

/// "copy", "dct:amplitude=released", "trunc-normal:std=0.01,seed=3". An unknown word is an Error
/// that lists the known ones.
[[nodiscard]] Result<WeightSelection> parseWeightSelection(std::string_view text);
/// The shortest text that parses to the same selection.
[[nodiscard]] std::string weightSelectionText(const WeightSelection& selection);

/// How a student that is wider or deeper than its teacher comes by what the teacher lacks.
enum class Growth {
    None,    ///< it is refused
    Net2Net, ///< the function is kept (Chen, Goodfellow, Shlens, ICLR 2016)
    Stack    ///< layers are repeated in order (Gong et al., ICML 2019); widths as Net2Net
};

/// "none", "net2net", "stack".
[[nodiscard]] Result<Growth> parseGrowth(std::string_view text);
[[nodiscard]] std::string_view growthText(Growth growth);

} // namespace heirloom
