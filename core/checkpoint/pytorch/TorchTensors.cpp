// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/TorchTensors.h"

#include "core/checkpoint/pytorch/StateDictNest.h"

#include <map>
#include <unordered_map>

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
    explicit Ties(const StoredContents& contents) : m_contents(contents) {}

    /// Takes up the last of the contents' tensors.
    void addLast() {
        const std::size_t last = m_contents.tensors.size() - 1;
        const TensorInfo& info = m_contents.tensors[last];
        const StoredTensor& stored = m_contents.stored[last];
        if (info.elements() == 0)
            return;
        auto& same = m_first[stored.storage.begin];
        for (const std::size_t other : same)
            if (m_contents.stored[other].offset == stored.offset &&
                m_contents.stored[other].strides == stored.strides &&
                m_contents.tensors[other].shape == info.shape) {
                if (m_notes.size() < mostNotes)
                    m_notes.push_back(fmt::format(
                        "{} shares its data with {}", info.name, m_contents.tensors[other].name));
                ++m_count;
                return;
            }
        if (same.size() < mostViews)
            same.push_back(last);
    }
    void note(std::vector<std::string>& notes) const {
        notes.insert(notes.end(), m_notes.begin(), m_notes.end());
        if (m_count > mostNotes)
            notes.push_back(
                fmt::format("{} more tensors share their data with others", m_count - mostNotes));
    }

private:
    static constexpr std::size_t mostNotes = 8;
    static constexpr std::size_t mostViews = 64; // of one storage; a file with more has no ties

    const StoredContents& m_contents;
    /// By a storage's place the tensors with different views of it.
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> m_first;
    std::vector<std::string> m_notes;
    std::size_t m_count = 0;
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
    Ties ties(contents);
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
        } else {
            troubles.add(tensor->trouble, name);
        }
        contents.tensors.push_back(std::move(info));
        contents.stored.push_back(std::move(stored));
        if (tensor->storage)
            ties.addLast();
    }
    troubles.note(contents.notes);
    ties.note(contents.notes);
    return storedCheckpoint(std::move(source), std::move(contents), options);
}

} // namespace heirloom
