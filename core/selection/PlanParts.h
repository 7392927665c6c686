// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <optional>
#include <string>
#include <string_view>

namespace heirloom {

// The steps of planSelection(), each filling its part of a plan whose teacher, student and options
// are set.

/// An Error when a pattern of the options describes no space that a strategy chooses on: a slip of
/// the pen, which would silently give another student than the one asked for.
[[nodiscard]] Status checkPatterns(const SelectionOptions& options, const ModelSpec& student);
/// By index spaces: fills `spaces` and `notes`. \pre `mapping` is set
[[nodiscard]] Status resolveSpaces(SelectionPlan& plan,
                                   const Checkpoint* weights,
                                   ScoreSource* scores);
/// By index spaces: fills `parameters`. \pre `spaces` is set
[[nodiscard]] Status resolveParameters(SelectionPlan& plan);

/// A projection on a shortcut where the teacher's shortcut is the identity becomes the identity
/// map, and the BatchNorm after it one that changes nothing in evaluation, unless a weight rule
/// leaves the teacher out. \pre resolveWeights() is done
void resolveShortcuts(SelectionPlan& plan);

/// The weight rule of each parameter, checked. An Error where a pattern describes no parameter of
/// the student. \pre `parameters` is set
[[nodiscard]] Status resolveWeights(SelectionPlan& plan);

/// What to do with a tensor that the by-tensor rule cannot inherit.
enum class TensorRule {
    Published,    ///< names with "head" are fresh; a missing name is an Error, as it is in the
                  ///< authors' code
    UnknownFamily ///< a missing name or another rank is fresh
};
/// Each axis of each tensor cut on its own by uniformIndices(); fills `mapping`, `parameters`,
/// `spaces` and `notes`.
[[nodiscard]] Status planByTensor(SelectionPlan& plan, TensorRule rule);

/// What the teacher calls a thing of student layer `layer` (-1: of the whole net): the layer's
/// prefix replaced by that of the layer that feeds it. Empty when the layer is fresh.
[[nodiscard]] std::optional<std::string> teacherName(const SelectionPlan& plan,
                                                     std::string_view studentName,
                                                     int layer);

/// Whether strategies choose on such a space; others are whole, fresh, resampled or cut to the
/// first ones.
[[nodiscard]] bool isSelectable(SpaceKind kind);

/// Error: the student needs more than the teacher has.
[[nodiscard]] Error widerError(std::string where, std::int64_t student, std::int64_t teacher);

[[nodiscard]] bool hasRepeats(const std::vector<std::int64_t>& indices);

} // namespace heirloom
