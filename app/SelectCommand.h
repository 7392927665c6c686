// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <QString>

namespace heirloom {

/// A selection as the words for a shell that make it with heirloom-cli; options that are not
/// changed are left out, and so is an empty \p out.
[[nodiscard]] QString selectCommand(const QString& teacher,
                                    const QString& student,
                                    const SelectionOptions& options,
                                    const QString& out);

} // namespace heirloom
