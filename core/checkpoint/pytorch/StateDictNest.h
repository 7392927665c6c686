// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/OpenOptions.h"
#include "core/checkpoint/pytorch/PickleContainers.h"
#include "core/checkpoint/pytorch/PickleGraph.h"

#include <string>
#include <vector>

namespace heirloom {

/// The tensors of a pickle that make up its state dict, found by looking at plain containers only.
struct StateDictNest {
    struct Entry {
        std::string name; ///< keys joined by dots where the state dict is nested
        PickleGraph::Id tensor;
    };
    std::vector<Entry> entries;
    std::string path;               ///< keys joined by dots; empty for the whole pickle
    std::vector<NestChoice> nests;  ///< see Checkpoint::nests()
    std::vector<std::string> notes; ///< which nest was taken, and what was left out
};

/// Takes the nest that `options` asks for; else the best one that holds tensors: 'state_dict',
/// 'model', ... when there is one, or the whole. Steps into lists of one.
///
/// An asked path may lead to any container of tensors (an optimiser's state); the empty one stands
/// for everything in the file.
/// \return an Error when the pickle holds a Python object (a whole module) and no state dict, when
/// there is no such nest, or when a limit is passed
[[nodiscard]] Result<StateDictNest> findStateDict(const PickleContainers& containers,
                                                  const std::string& where,
                                                  const OpenOptions& options);

} // namespace heirloom
