// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/HeatmapPyramid.h"
#include "core/analysis/Plane.h"
#include "core/analysis/TensorStats.h"
#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// One side of the dual heatmap.
struct PlaneView {
    std::shared_ptr<const HeatmapPyramid> pyramid;
    TensorStats stats;
    Marginals norms;
    std::vector<PlaneBand> bands;
    std::vector<std::int64_t> histogram; ///< 64 bins over ±robust range, see ParameterView::range
};

/// All that the window shows of one student parameter and its source; made on a worker thread, never changed.
struct ParameterView {
    std::string student;
    std::string teacher;    ///< empty when fresh
    Shape studentShape;
    Shape teacherShape;
    DType dtype = DType::F32;
    std::shared_ptr<const PlaneView> teacherPlane; ///< null when fresh
    std::shared_ptr<const PlaneView> studentPlane;
    PlaneOrigin origin;     ///< student plane -> teacher plane; empty lists when fresh
    KeptEnergy kept;
    float range = 0;        ///< symmetric about 0, from the teacher's 0.5 to 99.5 % quantiles (student's when fresh)
};

/// Reads and lays out the teacher's tensor and the student's selection of it.
[[nodiscard]] Result<ParameterView> viewParameter(const Checkpoint& teacher, const SelectionPlan& plan,
                                                  std::string_view studentParameter, std::stop_token stop = {});

/// What another strategy would take for the main space of a parameter, small enough for a thumbnail.
struct WhatIf {
    ElementSelection selection;
    bool asPublished = false;
    std::string title;        ///< "Uniform", "Heads" (whole ones), "First", "Published"
    HeatmapTile thumbnail;    ///< of the student's tensor under this choice
    KeptEnergy kept;
    bool isCurrent = false;
    std::string unfit;        ///< why it cannot be chosen; empty when it can
};

/// The space a user means by "the strategy of this layer": the heads of attention tensors, the MLP's hidden units, else the residual stream.
[[nodiscard]] int mainSpace(const ModelSpec& student, std::string_view studentParameter);

/// One WhatIf for each choice worth offering on that space; none where it is taken whole.
[[nodiscard]] Result<std::vector<WhatIf>> whatIfs(const Checkpoint& teacher, const SelectionPlan& plan,
                                                  std::string_view studentParameter, int thumbnailWidth,
                                                  int thumbnailHeight, std::stop_token stop = {});

} // namespace heirloom
