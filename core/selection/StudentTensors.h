// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/StateDict.h"
#include "core/selection/Gather.h"
#include "core/selection/ParameterDraw.h"
#include "core/selection/SelectionPlan.h"
#include "core/selection/WeightRule.h"

#include <cstddef>
#include <stop_token>
#include <vector>

namespace heirloom {

/// How each tensor of a plan's student is made: one by one, or, where its rows do not depend on
/// each other, row by row. Indices count the plan's parameters. Safe to use from many threads.
class StudentTensors {
public:
    enum class Way {
        Copied, ///< rows of the teacher, bit for bit: rows()
        Drawn,  ///< one number after the other: draw()
        Made    ///< only as a whole: make()
    };
    struct Making {
        Way way;
        DType dtype; ///< of the student's tensor
        const WeightRule* rule;
        const TensorInfo* source; ///< in the teacher's checkpoint; null where it is not read
    };

    /// Both outlive this object.
    StudentTensors(const Checkpoint& teacher, const SelectionPlan& plan);

    [[nodiscard]] std::size_t size() const;
    /// An Error when the checkpoint is not the one that the plan was made for, or the rule is not
    /// known.
    [[nodiscard]] Result<Making> making(std::size_t index) const;
    [[nodiscard]] Result<TensorInfo> info(std::size_t index) const;

    /// What is read of the teacher. \pre `making` has a source
    [[nodiscard]] RowGather rows(std::size_t index, const Making& making) const;
    /// \pre the way is Drawn
    [[nodiscard]] ParameterDraw draw(std::size_t index) const;
    /// Any tensor whole, in the dtype of info(). \param block as for RowGather::read()
    [[nodiscard]] Result<HostTensor> make(std::size_t index,
                                          std::vector<std::byte>& block,
                                          const std::stop_token& stop = {}) const;

private:
    [[nodiscard]] const Parameter& parameter(std::size_t index) const;
    [[nodiscard]] WeightTask task(std::size_t index) const;

    const Checkpoint& m_teacher;
    const SelectionPlan& m_plan;
    DType m_dtype;
};

} // namespace heirloom
