// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/HeadMatrix.h"
#include "core/analysis/TensorStats.h"
#include "core/selection/SelectionPlan.h"

#include <QString>

namespace heirloom {

/// "Strategy of this layer's heads", "Strategy of the residual stream, all layers": what a choice
/// reaches.
[[nodiscard]] QString strategyCaption(const SelectionPlan& plan, int space);
/// Student spaces that differ from this one by layer numbers only, itself included.
[[nodiscard]] int spacesLike(const SelectionPlan& plan, int space);
/// "✓ q = k and v = proj on all 192 positions", or where they part.
[[nodiscard]] QString couplingText(const CouplingSummary& coupling);
/// "Keeps 25 % of the energy, 25 % of weights"; energy is the squared norm.
[[nodiscard]] QString keptText(const KeptEnergy& kept);

} // namespace heirloom
