// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/PickleGraph.h"

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
    std::vector<std::string> notes;        ///< which nest was taken, and what was left out
    std::vector<std::string> moreWrappers; ///< prefixes that this kind of file puts before every
                                           ///< name, besides those of wrappers ("model.")
};

/// Takes the best nest that holds tensors: 'state_dict', 'model', ... when there is one, else the
/// whole; steps into lists of one.
/// \return an Error when the pickle holds a Python object (a whole module) and no state dict
[[nodiscard]] Result<StateDictNest> findStateDict(const PickleGraph& graph,
                                                  const std::string& where);

} // namespace heirloom
