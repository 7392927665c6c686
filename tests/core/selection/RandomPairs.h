// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heirloom::test {

/// A teacher and a student of one family, small, no side of the student larger.
struct SpecPair {
    std::shared_ptr<const ModelSpec> teacher;
    std::shared_ptr<const ModelSpec> student;
    std::string text; ///< both names, for a failure
};

/// Drawn by RapidCheck; only inside rc::check().
[[nodiscard]] SpecPair randomPair();
/// A strategy with its options, data-free ones and those that look at weights.
[[nodiscard]] std::string randomStrategy();

/// For each space of a spec an order of its indices.
using SpaceOrders = std::vector<std::vector<std::int64_t>>;

/// A shuffle of every space that a strategy chooses on by what it holds; the others stay in order.
[[nodiscard]] SpaceOrders randomOrders(const ModelSpec& spec);
/// Position p of the axis holds what position result[p] held before its spaces were put in
/// `orders`.
[[nodiscard]] std::vector<std::int64_t> permutedAxis(const ModelSpec& spec,
                                                     const AxisLayout& axis,
                                                     const SpaceOrders& orders);
/// The same net with its spaces in another order.
[[nodiscard]] std::shared_ptr<const Checkpoint> permutedTeacher(const ModelSpec& spec,
                                                                const Checkpoint& teacher,
                                                                const SpaceOrders& orders);

/// The tensor with positions lists[axis][p] of each axis at p; F32 or I64.
[[nodiscard]] HostTensor taken(const HostTensor& tensor,
                               const std::vector<std::vector<std::int64_t>>& lists);

} // namespace heirloom::test
