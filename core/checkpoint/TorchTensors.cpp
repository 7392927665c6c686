// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TorchTensors.h"

#include "core/checkpoint/StateDictNest.h"

#include <map>
#include <tuple>

namespace heirloom {
namespace {

/// Groups what was not read by its reason, so that a thousand such tensors are one note.
class Troubles {
public:
    void add(const std::string& trouble, const std::string& name) {
        auto& [count, first] = m_troubles[trouble];
        if (count++ == 0)
            first = name;
    }
    void note(std::vector<std::string>& notes) const {
        for (const auto& [trouble, found] : m_troubles)
            notes.push_back(
                found.first == 1
                    ? fmt::format("{}: {} tensors are not supported", found.second, trouble)
                    : fmt::format("{} and {} more: {} tensors are not supported",
                                  found.second,
                                  found.first - 1,
                                  trouble));
    }

private:
    std::map<std::string, std::pair<std::size_t, std::string>> m_troubles;
};

/// Tensors that look at the very same elements.
class Ties {
public:
    void add(const TensorInfo& info, const StoredTensor& stored) {
        if (info.elements() == 0)
            return;
        const auto [place, isNew] = m_first.try_emplace(
            {stored.storage.begin, stored.offset, info.shape, stored.strides}, info.name);
        if (!isNew)
            m_notes.push_back(fmt::format("{} shares its data with {}", info.name, place->second));
    }
    void note(std::vector<std::string>& notes) const {
        constexpr std::size_t most = 8;
        for (std::size_t i = 0; i < m_notes.size() && i < most; ++i)
            notes.push_back(m_notes[i]);
        if (m_notes.size() > most)
            notes.push_back(
                fmt::format("{} more tensors share their data with others", m_notes.size() - most));
    }

private:
    std::map<std::tuple<std::uint64_t, std::int64_t, Shape, std::vector<std::int64_t>>, std::string>
        m_first;
    std::vector<std::string> m_notes;
};

Result<StoredTensor> resolve(const PickledTensor& tensor, const StorageFinder& findStorage) {
    const PickledStorage& storage = *tensor.storage;
    auto bytes = findStorage(storage);
    if (!bytes)
        return std::unexpected(bytes.error());
    StoredTensor stored{*bytes, tensor.offset, tensor.strides};
    if (storage.viewOffset != 0 || storage.viewCount != storage.count) {
        stored.storage.begin +=
            static_cast<std::uint64_t>(storage.viewOffset * storage.elementSize);
        stored.storage.size = static_cast<std::uint64_t>(storage.viewCount * storage.elementSize);
        stored.storage.crc = 0;
    }
    return stored;
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> torchCheckpoint(std::shared_ptr<const ByteSource> source,
                                                          const PickleContainers& containers,
                                                          const StorageFinder& findStorage,
                                                          StoredContents contents,
                                                          const OpenOptions& options) {
    auto nest = findStateDict(containers, source->name(), options);
    if (!nest)
        return std::unexpected(nest.error());
    contents.notes.insert(contents.notes.end(), nest->notes.begin(), nest->notes.end());
    contents.nest = std::move(nest->path);
    contents.nests = std::move(nest->nests);

    Troubles troubles;
    Ties ties;
    for (const auto& [name, id] : nest->entries) {
        const auto damaged = [&](const Error& error) {
            return std::unexpected(
                Error{source->name(),
                      name + ": " + error.text,
                      "The file is damaged or was not written by a trustworthy program"});
        };
        auto tensor = containers.tensor(id);
        if (!tensor)
            return damaged(tensor.error());
        TensorInfo info{name, tensor->dtype, tensor->shape};
        StoredTensor stored;
        if (tensor->storage) {
            auto resolved = resolve(*tensor, findStorage);
            if (!resolved)
                return damaged(resolved.error());
            stored = std::move(*resolved);
            ties.add(info, stored);
        } else {
            troubles.add(tensor->trouble, name);
        }
        contents.tensors.push_back(std::move(info));
        contents.stored.push_back(std::move(stored));
    }
    troubles.note(contents.notes);
    ties.note(contents.notes);
    return storedCheckpoint(std::move(source), std::move(contents), options);
}

} // namespace heirloom
