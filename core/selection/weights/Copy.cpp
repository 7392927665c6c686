// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

namespace heirloom {

const WeightRule copyRule{
    .name = "copy",
    .title = "Copy",
    .meaning = "The chosen slices as they are, bit for bit",
    .source = "Xu et al., Initializing Models with Larger Ones, ICLR 2024",
    .options = {},
    .needs = WeightNeed::Slices,
    .draws = false,
    .make = nullptr,
};

} // namespace heirloom
