// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/FineTuneOptions.h"

#include <QString>

#include <vector>

namespace heirloom {

/// Options under a name that says what they are good for.
struct TrainPreset {
    QString title;
    QString meaning;
    FineTuneOptions options;
};

[[nodiscard]] const std::vector<TrainPreset>& trainPresets();

/// Equal in all that a preset sets: seed, device and threads are the user's own.
[[nodiscard]] bool matchesPreset(const FineTuneOptions& options, const TrainPreset& preset);

} // namespace heirloom
