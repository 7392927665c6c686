// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/PlanParts.h"

#include <cstdint>
#include <vector>

namespace heirloom {

// A student that is wider or deeper than its teacher. Widths: an index space is gone through again
// and again, what writes to it is repeated, what reads it is divided by the number of repeats
// (Net2WiderNet of Chen, Goodfellow, Shlens, Net2Net, ICLR 2016). Depth: identity blocks after the
// teacher's (Net2DeeperNet), or the teacher's layers repeated in order (Gong et al., Efficient
// Training of BERT by Progressively Stacking, ICML 2019).

/// `layers` with every stack that is deeper than the teacher's given by hand: the teacher's layers,
/// then identity blocks (-1) or the same layers again. Stacks by hand, or by a rule of their own,
/// stay.
[[nodiscard]] LayerSelection growLayers(const ModelSpec& teacher,
                                        const ModelSpec& student,
                                        const LayerSelection& layers,
                                        Growth growth);

/// Gives each wider space its repeating indices and marks it. \pre `spaces` has its sizes
/// \return an Error that names the first space whose size does not keep the function, and sizes
/// that do
[[nodiscard]] Status growSpaces(SelectionPlan& plan);

/// Gives each parameter what its axes are divided by, the blocks that were put in their zeros, and
/// the plan a note on what is kept. \pre `parameters` is set
[[nodiscard]] Status growParameters(SelectionPlan& plan);

/// The parameters, as indices into the student's, that make layer `layer` an identity when they are
/// zero; empty when there are none such.
[[nodiscard]] std::vector<std::size_t> identityZeros(const ModelSpec& student, int layer);

} // namespace heirloom
