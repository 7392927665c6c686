// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace heirloom {

/// One tensor axis that lies on an index space, and the teacher index of each of its positions as
/// found in the weights.
struct AxisOrigin {
    std::string parameter; ///< student name
    int axis = 0;
    std::string part;                  ///< "q", "k", "v" for a fused qkv axis, else empty
    std::vector<std::int64_t> indices; ///< within the part, [0, teacher heads × head_dim) for "q";
                                       ///< -1 where no teacher slice fits, or several do
};

/// What the axes of one student index space agree on.
struct SpaceReport {
    std::string name; ///< as ModelSpec has it; for attention also "blocks.0.q=k" and
                      ///< "blocks.0.v=proj", over heads × head_dim
    int axes = 0;     ///< tensor axes on the space that could be traced: a fused qkv axis counts as
                      ///< three; 0 where all are fresh or constant
    std::int64_t size = 0;
    std::int64_t agree = 0; ///< positions at which all axes name the same teacher index
    std::vector<std::int64_t>
        indices; ///< the common teacher index of each position, -1 where they differ
};

/// Which teacher heads feed one student head: rows taken from each.
struct HeadReport {
    std::string layer; ///< "blocks.3"
    std::string teacherLayer;
    std::vector<std::vector<std::int64_t>>
        rows;           ///< [student head][teacher head] -> q rows inherited
    bool whole = false; ///< every student head draws on one teacher head
};

struct FreshReport {
    std::string parameter;
    std::string reason; ///< "no slice of the teacher's head.weight fits"
};

/// Where each index of each space came from, found in the weights alone, whatever program made the
/// student.
struct ConsistencyReport {
    std::vector<SpaceReport> spaces;
    std::vector<HeadReport> heads;
    std::vector<FreshReport> fresh;
    std::vector<std::string>
        layers; ///< student layer -> teacher layer, "blocks.0 <- blocks.0" or "blocks.0 <- none"
    std::vector<AxisOrigin> axes; ///< every axis that could be traced, in the student's order
};

/// Matches student slices to teacher slices exactly (hashes of values), layer by layer, with the
/// teacher read tensor by tensor.
///
/// Slices of equal values (gains that are all 1) fit everywhere and tell nothing: an axis counts
/// when more than half of its positions have one origin alone. A position at which several origins
/// are left agrees with any of them. Spaces that are fixed by nature (image channels) are left out.
/// \return an Error when the two are not of one family
[[nodiscard]] Result<ConsistencyReport> checkConsistency(const Checkpoint& teacher,
                                                         const ModelSpec& teacherSpec,
                                                         const Checkpoint& student,
                                                         const ModelSpec& studentSpec,
                                                         std::stop_token stop = {});

} // namespace heirloom
