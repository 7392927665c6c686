// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterTrace.h"
#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom {

/// One tensor axis that lies on an index space, and the teacher index of each of its positions as
/// found in the weights.
struct AxisOrigin {
    std::string parameter; ///< student name
    int axis = 0;
    std::string part; ///< "q", "k", "v", "proj" of an attention's weights, else empty
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

/// How a layer's student heads are made of teacher heads, by its worst head and the worst of q, k
/// and v.
enum class HeadPattern {
    Whole,    ///< every student head draws on one teacher head
    Blended,  ///< some draw on two to four: on average a quarter of a head or more comes from one
    Shattered ///< some draw on more than four
};

/// "whole", "blended", "shattered".
[[nodiscard]] std::string_view headPatternText(HeadPattern pattern);

/// Which teacher heads feed one student head: rows taken from each.
struct HeadReport {
    std::string layer; ///< "blocks.3"
    std::string teacherLayer;
    std::vector<std::vector<std::int64_t>>
        rows; ///< [student head][teacher head] -> q rows inherited
    HeadPattern pattern = HeadPattern::Whole;
    bool whole = false; ///< pattern is Whole
};

struct FreshReport {
    std::string parameter;
    std::string reason; ///< "no slice of the teacher's head.weight fits"
};

/// A parameter that was inherited, but not bit for bit.
struct ScaleReport {
    std::string parameter;
    SliceScale scale;
};

/// A parameter whose grid of positions (or kernel) has another size than the teacher's, and that
/// was computed from all of it.
struct ResampledReport {
    std::string parameter;
    std::string how; ///< "bicubic, 16×16 to 14×14"
};

/// Sum of squares of the teacher's elements in the slices that were found, over that of all its
/// elements in the same tensors. Slices taken twice count once, factors do not count.
struct EnergyReport {
    std::string name; ///< of a student parameter or space
    double kept = 0;
    double teacher = 0;

    [[nodiscard]] double share() const { return teacher > 0 ? kept / teacher : 0; }
};

/// How the tensors of the two files were laid side by side.
enum class MatchedBy {
    Roles,  ///< one family: by what each parameter is for, and layers by their weights
    Content ///< families that differ or are not known: by name, else by rows found in both
};

/// Where each index of each space came from, found in the weights alone, whatever program made the
/// student.
struct ConsistencyReport {
    MatchedBy matchedBy = MatchedBy::Roles;
    std::vector<SpaceReport> spaces;
    std::vector<HeadReport> heads;
    std::vector<FreshReport> fresh;
    std::vector<std::string>
        layers; ///< student layer -> teacher layer, "blocks.0 <- blocks.0" or "blocks.0 <- none"
    std::vector<AxisOrigin> axes; ///< every axis that could be traced, in the student's order
    std::vector<ScaleReport> scaled;
    std::vector<ResampledReport> resampled;
    std::vector<EnergyReport> tensorEnergy; ///< of what was inherited, in the student's order
    std::vector<EnergyReport> spaceEnergy;  ///< over the tensors with an axis on the space
    EnergyReport energy;                    ///< over all that was inherited
    /// Student tensor and the teacher's that it was found in, where their names differ.
    std::vector<std::pair<std::string, std::string>> renamed;
    /// Fused tensor, and what is wrong: "its k rows are the teacher's q rows".
    std::vector<std::pair<std::string, std::string>> misplaced;
    std::int64_t inherited = 0; ///< parameters and buffers with slices of the teacher's
    std::int64_t compared = 0;  ///< parameters and buffers of more than one element
    std::vector<std::string> notes;
};

/// Matches student slices to teacher slices, layer by layer, with the teacher read tensor by
/// tensor: see traceParameter(). Memory does not grow with the files.
///
/// Slices of equal values (gains that are all 1) fit everywhere and tell nothing: an axis counts
/// when more than half of its positions have one origin alone. A position at which several origins
/// are left agrees with any of them. Spaces that are fixed by nature (image channels) are left out.
/// Nets of different or unknown families are compared tensor by tensor: each axis on its own.
[[nodiscard]] Result<ConsistencyReport> checkConsistency(const Checkpoint& teacher,
                                                         const ModelSpec& teacherSpec,
                                                         const Checkpoint& student,
                                                         const ModelSpec& studentSpec,
                                                         std::stop_token stop = {});

} // namespace heirloom
