// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleMachine.h"
#include "core/checkpoint/pytorch/TorchTensors.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as the pickle of a state dict; whatever storage it names lies in one block of 4 KiB,
/// ordinary or TorchScript's, with each nest and prefix that it offers.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto source = fuzz::source(data, size);
    PickleInput input(*source, 0, source->size());
    const auto graph = readPickle(input);
    if (!graph)
        return 0;
    constexpr std::uint64_t blockBytes = 4096;
    const auto block = memorySource(std::vector<std::byte>(blockBytes));
    const auto findStorage = [&](const PickledStorage& storage) -> Result<StoredBytes> {
        const auto bytes = static_cast<std::uint64_t>(storage.count * storage.elementSize);
        if (bytes > blockBytes)
            return fail({}, "the storage {} is too large", storage.key);
        return StoredBytes{0, bytes, 0, storage.key == "big"};
    };
    for (const auto modules :
         {PickleContainers::Modules::Opaque, PickleContainers::Modules::AsDictionary}) {
        const auto open = [&](const OpenOptions& options) {
            return torchCheckpoint(block,
                                   PickleContainers(*graph, modules),
                                   findStorage,
                                   StoredContents{"pytorch-zip", {}, {}, {}, {}, {}},
                                   options);
        };
        const auto opened = open({});
        fuzz::readSome(opened);
        static_cast<void>(open({.nest = "", .prefix = ""}));
        if (!opened)
            continue;
        for (const NestChoice& nest : (*opened)->nests())
            static_cast<void>(open({.nest = nest.path}));
        for (const std::string& prefix : (*opened)->prefixes())
            static_cast<void>(open({.prefix = prefix}));
    }
    return 0;
}
