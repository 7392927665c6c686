// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/HyperParameters.h"

#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

struct Family;

/// The shortest honest name: the published one where the hyper-parameters are equal or differ in
/// few ("vit_tiny_patch16_224:num_classes=100"), else the family with its sizes
/// ("vit:dim=32,depth=3,heads=4,..."). modelFromName() turns it into the same hyper-parameters.
[[nodiscard]] std::string describeModel(std::string_view family, const HyperParameters& hyper);

/// `base`, a published name or the family's own, with the changes that lead to `hyper`.
[[nodiscard]] std::string nameWithChanges(const Family& family,
                                          std::string_view base,
                                          const HyperParameters& baseHyper,
                                          const HyperParameters& hyper);

/// Changes to a model as a user writes them: what is not given follows where the family says so
/// (the MLP's hidden size follows dim).
[[nodiscard]] Result<HyperParameters> applyChanges(const Family& family,
                                                   const HyperParameters& base,
                                                   std::string_view changes);

/// Of `names` the ones nearest to `name` by edit distance, at most three; empty where nothing is
/// near.
[[nodiscard]] std::vector<std::string> nearestNames(std::string_view name,
                                                    const std::vector<std::string>& names);

} // namespace heirloom
