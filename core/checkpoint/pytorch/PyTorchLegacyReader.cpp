// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/LittleEndian.h"
#include "core/checkpoint/pytorch/PickleMachine.h"
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "core/checkpoint/pytorch/TorchSystem.h"
#include "core/checkpoint/pytorch/TorchTensors.h"

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {
namespace {

using Kind = PickleGraph::Kind;

/// 0x1950a86a20f9469cfc6c, as binary pickles and as text pickles write it.
bool isMagic(const PickleGraph& graph) {
    using namespace std::string_view_literals;
    return graph.kind(graph.root()) == Kind::BigInt &&
           (graph.text(graph.root()) == "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv ||
            graph.text(graph.root()) == "119547037146038801333356"sv);
}

struct Storage {
    std::int64_t elementSize = 0;
    std::int64_t count = 0;
    StoredBytes bytes;
};

using Storages = std::unordered_map<std::string, Storage>;

/// Every storage that the object names: their element sizes say how far apart they lie in the file.
Result<Storages> namedStorages(const PickleGraph& graph, const std::string& where) {
    Storages storages;
    for (PickleGraph::Id id = 0; id < graph.size(); ++id) {
        if (graph.kind(id) != Kind::Persistent)
            continue;
        const auto storage = pickledStorage(graph, id);
        if (!storage)
            return fail(where, "{}", storage.error().text);
        if (!*storage)
            continue;
        const Storage made{(*storage)->elementSize, (*storage)->count, {}};
        const auto [found, isNew] = storages.try_emplace((*storage)->key, made);
        if (!isNew &&
            (found->second.elementSize != made.elementSize || found->second.count != made.count))
            return fail(where, "the storage {} is described in two ways", (*storage)->key);
    }
    return storages;
}

/// Walks over the storages behind the pickles; returns where the last one ends.
Result<std::uint64_t> placeStorages(const ByteSource& source,
                                    const PickleGraph& keys,
                                    std::uint64_t position,
                                    Storages& storages) {
    if (keys.kind(keys.root()) != Kind::List)
        return fail(source.name(), "the fifth pickle of the stream should list the storages");
    for (const PickleGraph::Id id : keys.items(keys.root())) {
        const std::string key = keys.kind(id) == Kind::Int ? std::to_string(keys.integer(id))
                                                           : std::string(keys.text(id));
        const auto found = storages.find(key);
        if (found == storages.end())
            return fail(
                source.name(), "the storage {} belongs to no tensor, so its size is unknown", key);
        Storage& storage = found->second;
        if (storage.bytes.begin != 0)
            return fail(source.name(), "the storage {} comes twice", key);
        std::array<std::byte, 8> countBytes;
        if (source.size() - position < countBytes.size())
            return std::unexpected(Error{
                source.name(),
                fmt::format("the file ends at byte {}, before the storage {}", source.size(), key),
                "The file is incomplete; get it again"});
        if (auto read = source.readAt(position, countBytes); !read)
            return std::unexpected(read.error());
        position += countBytes.size();
        const auto count = loadNumber<std::int64_t>(countBytes.data());
        if (count != storage.count)
            return fail(source.name(),
                        "the storage {} has {} elements at byte {}, but {} are announced",
                        key,
                        count,
                        position - 8,
                        storage.count);
        const auto size = static_cast<std::uint64_t>(storage.count * storage.elementSize);
        if (size > source.size() - position)
            return std::unexpected(Error{source.name(),
                                         fmt::format("the file ends before its tensors do: the "
                                                     "storage {} needs {} bytes from byte {} on",
                                                     key,
                                                     size,
                                                     position),
                                         "The file is incomplete; get it again"});
        storage.bytes = {position, size, 0, false};
        position += size;
    }
    return position;
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openPyTorchLegacy(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options) {
    const std::string where = source->name();
    PickleInput input(*source, 0, source->size());
    std::vector<PickleGraph> graphs;
    for (int i = 0; i < 5; ++i) {
        Limits limits = options.limits;
        if (i < 3) { // a number, a number, a small dictionary
            limits.set(Limit::PickleNodes, 1000);
            limits.set(Limit::PickleMemory, 65536);
        }
        auto graph = readPickle(input, limits);
        if (i == 0 && (!graph || !isMagic(*graph)))
            return std::unexpected(Error{where,
                                         "this is a plain pickle, not written by torch.save",
                                         "Open it with the program that made it, and save a state "
                                         "dict with torch.save or safetensors"});
        if (!graph)
            return std::unexpected(
                withAdviceElse(graph.error(), "The file is damaged or incomplete; get it again"));
        if (i == 2)
            if (auto checked = checkTorchSystem(*graph, where); !checked)
                return std::unexpected(checked.error());
        graphs.push_back(std::move(*graph));
    }
    if (graphs[1].kind(graphs[1].root()) != Kind::Int ||
        graphs[1].integer(graphs[1].root()) != 1001)
        return fail(
            where,
            "the stream follows another protocol than 1001, the only one that PyTorch ever wrote");

    auto storages = namedStorages(graphs[3], where);
    if (!storages)
        return std::unexpected(storages.error());
    const auto end = placeStorages(*source, graphs[4], input.position(), *storages);
    if (!end)
        return std::unexpected(end.error());

    const auto findStorage = [&](const PickledStorage& storage) -> Result<StoredBytes> {
        const auto found = storages->find(storage.key);
        if (found == storages->end() || found->second.bytes.begin == 0)
            return fail({}, "the file has no storage {}", storage.key);
        return found->second.bytes;
    };
    StoredContents contents{"pytorch-legacy", path, {}, {}, {}, {}};
    if (*end < source->size())
        contents.notes.push_back(fmt::format("{} bytes after the last storage are not part of it",
                                             source->size() - *end));
    return torchCheckpoint(
        source, PickleContainers(graphs[3]), findStorage, std::move(contents), options);
}

} // namespace heirloom
