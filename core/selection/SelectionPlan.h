// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"
#include "core/selection/ElementSelection.h"
#include "core/selection/LayerMapping.h"
#include "core/selection/ScoreSource.h"
#include "core/selection/WeightSelection.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom {

/// Everything a user chooses. A plan is made from it anew each time; it holds no tensor.
struct SelectionOptions {
    LayerSelection layers;
    ElementSelection element; ///< for every space without an entry of its own
    /// Student space name, or a pattern with '*' ("blocks.*.mlp"), and what it uses instead; the
    /// last match counts. A pattern without a space in the student is an Error of planSelection().
    std::vector<std::pair<std::string, ElementSelection>> spaces;
    /// What becomes of the chosen slices: copied as they are, transformed, or drawn as a control.
    WeightSelection weights;
    /// Student parameter name, or a pattern with '*', and its own rule; the last match counts.
    std::vector<std::pair<std::string, WeightSelection>> parameters;
    Growth growth = Growth::None;
    /// The authors' per-tensor rule, bit for bit: each axis cut on its own by uniformIndices,
    /// first-N by name, every name that contains "head" skipped. `element`, `spaces` and `layers`
    /// are not read then.
    bool asPublished = false;
    std::uint64_t seed = 0; ///< of fresh parameters, and of random strategies without their own

    [[nodiscard]] const ElementSelection& elementFor(std::string_view space) const;
    bool operator==(const SelectionOptions&) const = default;
};

/// Teacher indices; null stands for "all, in order". Ascending, but for a space that grows, in
/// which the teacher's indices are gone through again and again.
using IndexList = std::shared_ptr<const std::vector<std::int64_t>>;

/// What each position of an axis is multiplied by; null stands for 1.
using FactorList = std::shared_ptr<const std::vector<float>>;

enum class Origin { Inherited, Resampled, Fresh };

/// Where one student parameter comes from.
struct ParameterPlan {
    std::string student;
    std::string teacher; ///< empty when fresh
    Origin origin = Origin::Fresh;
    std::vector<IndexList> axes; ///< one a student axis: which teacher index each position takes
    std::string reason;          ///< why fresh or resampled: "100 classes, the teacher has 1000"
    std::uint64_t seed = 0;      ///< of the draw, when fresh
    WeightSelection weights;     ///< what becomes of the slices, checked against its rule
    /// Of growth that keeps the function: one a student axis (1 / how often an index was repeated,
    /// where the axis is read), or none at all.
    std::vector<FactorList> factors;
    std::optional<float> constant; ///< fresh, but all of this value: the zeros of an identity block
    /// Fresh, but a projection that hands on what it reads: 1 where output and input stand for one
    /// teacher index.
    bool isIdentity = false;
};

/// The resolved choice for one student index space.
struct SpacePlan {
    std::string student;          ///< space name
    int teacherSpace = -1;        ///< index into the teacher's spaces, or -1
    std::int64_t teacherSize = 0; ///< for blended heads: heads × head_dim
    std::int64_t studentSize = 0;
    ElementSelection selection;
    IndexList indices;    ///< null when the space is fresh or whole
    bool blended = false; ///< of a heads space: indices run over heads × head_dim
    bool repeats = false; ///< an index comes twice (sizes close to each other, uniform rule)
    bool grows = false;   ///< wider than the teacher's: indices go round
};

/// Mapping + one ElementSelection an index space, resolved to index lists and validated once. A
/// value; never changed.
struct SelectionPlan {
    std::shared_ptr<const ModelSpec> teacher;
    std::shared_ptr<const ModelSpec> student;
    SelectionOptions options;
    LayerMapping mapping;
    std::vector<ParameterPlan> parameters; ///< in the student's order
    std::vector<SpacePlan> spaces;         ///< in the student's order
    std::vector<std::string> notes;        ///< repeats, assumptions: said in the report

    [[nodiscard]] const ParameterPlan* find(std::string_view studentParameter) const;
    /// Fresh parameters; batch counters, for which nothing is drawn, are not counted.
    [[nodiscard]] int freshCount() const;
    /// Elements of inherited and resampled parameters.
    [[nodiscard]] std::int64_t inheritedElements() const;
};

/// Resolves and validates. Every axis of a space gets the same list, so q stays with k and two
/// layers with their residual stream.
///
/// \param weights the teacher's tensors, read only when a strategy needs scores; may be null
/// otherwise
/// \param scores asked first by strategies that need scores: those measured on data; may be null
/// \return an Error that names the first space in which the student is wider than the teacher, with
/// both sizes, unless growth was chosen
[[nodiscard]] Result<SelectionPlan> planSelection(std::shared_ptr<const ModelSpec> teacher,
                                                  std::shared_ptr<const ModelSpec> student,
                                                  const SelectionOptions& options,
                                                  const Checkpoint* weights,
                                                  ScoreSource* scores = nullptr);

} // namespace heirloom
