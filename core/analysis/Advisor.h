// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/PairFit.h"
#include "core/base/Error.h"
#include "core/model/ModelCost.h"
#include "core/model/ModelSpec.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// The most that a student may cost; what is not given is free.
struct Budget {
    std::optional<std::int64_t> parameters;
    std::optional<std::int64_t> macs;
    std::optional<std::int64_t> bytes;

    /// The largest of cost / budget: above 1 the model does not fit.
    [[nodiscard]] double used(const ModelCost& cost) const;
    bool operator==(const Budget&) const = default;
};

/// "params=6M", "macs=1.3G", "bytes=25MB", several parted by commas; k, M, G and T are powers of
/// ten, KiB, MiB and GiB of two.
[[nodiscard]] Result<Budget> parseBudget(std::string_view text);
/// "6.00 M parameters, 1.30 G MACs"
[[nodiscard]] std::string budgetText(const Budget& budget);

/// A student that fits a budget.
struct StudentAdvice {
    std::string model;     ///< as modelFromName() reads it
    std::string published; ///< the published name that it has but for its classes; else empty
    ModelCost cost;
    double used = 0; ///< of the budget, of (0, 1]
    PairFit fit;
};

/// Students of the teacher's family that fit the budget, the best first: published shapes, and the
/// teacher's own made shallower and narrower by whole heads (or whole steps of its channels) with
/// its MLP ratio. Whatever is no size (patch, image, classes, vocabulary) stays the teacher's.
///
/// Order: how much of the budget is used, in tenths, for the teacher that is closest in size serves
/// best (Xu et al., ICLR 2024); then whole heads, whole ratios, a published shape, more of the
/// teacher's layers, and more of the budget.
///
/// \return an Error for an unknown family, an empty budget, MACs of a net whose MACs are not known,
/// or a budget in which nothing fits (it names the smallest that was tried)
[[nodiscard]] Result<std::vector<StudentAdvice>> adviseStudents(
    const std::shared_ptr<const ModelSpec>& teacher,
    const Budget& budget,
    const CostOptions& options = {},
    std::size_t most = 10);

/// One of several teachers for a student.
struct TeacherAdvice {
    std::size_t teacher = 0;    ///< index into the list that was given
    std::optional<PairFit> fit; ///< empty when nothing can be selected
    std::string obstacle;       ///< why, then
};

/// All teachers, the best first: the closest in size, in steps of two, then whole heads, whole
/// ratios, the share of the student that is inherited, and the smaller one; last those from which
/// nothing can be selected.
[[nodiscard]] std::vector<TeacherAdvice> adviseTeachers(
    const std::shared_ptr<const ModelSpec>& student,
    std::span<const std::shared_ptr<const ModelSpec>> teachers);

} // namespace heirloom
