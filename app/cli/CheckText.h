// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ConsistencyReport.h"

#include <string>

namespace heirloom::cli {

/// Lines that say the same of many layers are written as one, or all are.
enum class CheckLines { Folded, All };

/// The report as one aligned table for a person.
[[nodiscard]] std::string checkTable(const ConsistencyReport& report, CheckLines lines);

/// The report as one line of JSON: spaces, heads, fresh, layers, scaled, resampled, energy,
/// renamed, notes, summary.
[[nodiscard]] std::string checkJson(const ConsistencyReport& report);

} // namespace heirloom::cli
