// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"
#include "core/analysis/ParameterPairs.h"
#include "core/analysis/ParameterTrace.h"

#include <stop_token>

namespace heirloom {

/// Adds to `energy` the squares of the teacher's stretch, and of those of its elements that were
/// found in the student. Where the origin of slices is not known (constants), the student's own
/// squares are taken for the teacher's, by the scale found.
[[nodiscard]] Status addEnergy(PairRows& rows,
                               const ParameterTrace& trace,
                               EnergyReport& energy,
                               std::stop_token stop);

} // namespace heirloom
