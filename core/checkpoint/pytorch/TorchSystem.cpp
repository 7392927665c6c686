// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/TorchSystem.h"

namespace heirloom {

Status checkTorchSystem(const PickleGraph& graph, const std::string& where) {
    using Kind = PickleGraph::Kind;
    const auto items = graph.items(graph.root());
    if (graph.kind(graph.root()) != Kind::Dict)
        return fail(where, "the pickle that should describe the writing machine is no dictionary");
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        if (graph.isText(items[i]) && graph.text(items[i]) == "little_endian" &&
            graph.kind(items[i + 1]) == Kind::Bool && graph.integer(items[i + 1]) == 0)
            return std::unexpected(
                Error{where,
                      "the file was written on a big-endian machine before PyTorch 1.6, which is "
                      "not supported",
                      "Load and save it again with a newer PyTorch"});
    return {};
}

} // namespace heirloom
