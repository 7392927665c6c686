// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleContainers.h"
#include "core/checkpoint/pytorch/PickleMachine.h"
#include "core/checkpoint/pytorch/PickledTensor.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as pickles in a row; every node of what they describe is looked at.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto source = fuzz::source(data, size);
    PickleInput input(*source, 0, source->size());
    for (int i = 0; i < 5; ++i) {
        const auto graph = readPickle(input);
        if (!graph)
            break;
        const PickleContainers containers(*graph);
        static_cast<void>(containers.holdsModule());
        for (PickleGraph::Id id = 0; id < graph->size(); ++id) {
            static_cast<void>(graph->text(id));
            if (isPickledTensor(*graph, id))
                static_cast<void>(pickledTensor(*graph, id));
            else if (containers.isContainer(id))
                static_cast<void>(containers.holdsTensors(id));
        }
    }
    return 0;
}
