// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleGraph.h"

namespace heirloom {

std::span<const PickleGraph::Id> PickleGraph::items(Id id) const {
    switch (kind(id)) {
    case Kind::Tuple:
    case Kind::List:
    case Kind::Dict:
    case Kind::Set:
        return m_lists[m_nodes[id].first];
    case Kind::Object:
        return object(id).items;
    default:
        return {};
    }
}

} // namespace heirloom
