// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/pytorch/PickleContainers.h"

#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// A container in a pickle that may be a state dict.
struct PickleNest {
    std::string path; ///< keys joined by dots; empty for the root
    PickleContainers::Id id = PickleGraph::none;
    std::int64_t tensors = 0;
    bool isOptimizer = false; ///< its tensors have no names of parameters
    bool isInList = false;    ///< in a list of one
};

/// The state dicts that lie in the container `from`, the likeliest first: under the names that
/// training programs use, nested a few deep, or the container itself where it has none of these. At
/// most 16.
[[nodiscard]] std::vector<PickleNest> findNests(const PickleContainers& containers,
                                                const PickleNest& from);

/// The container that `path` leads to; one without id where there is none. Keys may hold dots.
[[nodiscard]] PickleNest nestAt(const PickleContainers& containers, std::string_view path);

/// Whether a program keeps something else than weights under that key: 'optimizer', 'scaler', ...
[[nodiscard]] bool isBesideWeights(std::string_view key);

} // namespace heirloom
