// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/model/ModelSpec.h"
#include "core/selection/RuleOption.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace heirloom {

/// What a weight rule looks at.
enum class WeightNeed {
    Slices,  ///< the teacher's slices that the plan chose
    Teacher, ///< the whole teacher tensor
    Nothing  ///< the student parameter alone
};

/// RuleOption::values of an option that is a number.
inline constexpr std::string_view positiveNumber = "a positive number";

/// One student parameter that a rule is to make. References live as long as the call.
struct WeightTask {
    const ModelSpec& spec;      ///< the student's
    const Parameter& parameter; ///< the student's
    const Parameter* source;    ///< the teacher's, or null for a fresh parameter
    const WeightSelection& selection;
    std::uint64_t seed; ///< of the rule; seedFor() makes it the parameter's own
    HostTensor values;  ///< F32, what WeightNeed says; empty for Nothing
    /// Of Slices: the plan's teacher indices, one list an axis.
    const std::vector<IndexList>* chosen = nullptr;
};

/// What becomes of a student parameter once its teacher slices are known; one file in
/// core/selection/weights/, listed by weightRules().
struct WeightRule {
    std::string_view name;    ///< stable word: "dct"
    std::string_view title;   ///< for a person
    std::string_view meaning; ///< one line
    std::string_view source;  ///< paper or repository
    std::span<const RuleOption> options;
    WeightNeed needs;
    bool draws; ///< reads a seed
    /// F32 in the student's shape. Null: the slices as they are, bit for bit.
    Result<HostTensor> (*make)(WeightTask task);
    /// Teacher indices instead of the plan's, one list an axis; may be null.
    std::vector<IndexList> (*axes)(const WeightTask& task,
                                   const std::vector<IndexList>& chosen) = nullptr;
};

/// In the order in which a list shows them.
[[nodiscard]] std::span<const WeightRule* const> weightRules();
/// Null when there is none of that name.
[[nodiscard]] const WeightRule* findWeightRule(std::string_view name);

/// The option's word in `selection`, or its default. \pre the rule has such an option
[[nodiscard]] std::string_view optionOf(const WeightSelection& selection, std::string_view name);
[[nodiscard]] double numberOf(const WeightSelection& selection, std::string_view name);

/// An Error when the rule, an option or its value is not known; says which are.
[[nodiscard]] Status checkWeightSelection(const WeightSelection& selection);

} // namespace heirloom
