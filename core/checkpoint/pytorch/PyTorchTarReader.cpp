// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/LittleEndian.h"
#include "core/checkpoint/archive/TarDirectory.h"
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
using Id = PickleGraph::Id;

constexpr const char* damagedAdvice = "The file is damaged or incomplete; get it again";

/// Reads one member: pickles with plain numbers and elements between them.
class Member {
public:
    Member(const ByteSource& source, const TarEntry& entry, const Limits& limits)
        : m_source(source), m_name(entry.name), m_limits(limits),
          m_input(source, entry.dataOffset, entry.dataOffset + entry.size) {}

    Result<PickleGraph> pickle() {
        auto graph = readPickle(m_input, m_limits);
        if (!graph)
            return std::unexpected(withAdviceElse(graph.error(), damagedAdvice));
        return graph;
    }

    /// A pickle of a whole number that is not negative: how many follow.
    Result<std::int64_t> count() {
        auto graph = pickle();
        if (!graph)
            return std::unexpected(graph.error());
        if (graph->kind(graph->root()) != Kind::Int || graph->integer(graph->root()) < 0)
            return damaged("does not begin with a number");
        return graph->integer(graph->root());
    }

    Result<std::int64_t> number() {
        std::array<std::byte, 8> bytes;
        if (!m_input.read(bytes))
            return ends();
        return loadNumber<std::int64_t>(bytes.data());
    }

    /// Steps over `size` bytes and says where they began.
    Result<std::uint64_t> skip(std::uint64_t size) {
        const std::uint64_t begin = m_input.position();
        if (!m_input.skip(size))
            return ends();
        return begin;
    }

    [[nodiscard]] std::uint64_t remaining() const { return m_input.remaining(); }
    Status checkTensors(std::int64_t count) const {
        return m_limits.check(
            m_source.name(), Limit::Tensors, static_cast<std::uint64_t>(count), "its tensors are");
    }

    std::unexpected<Error> ends() const {
        return damaged(fmt::format("ends at byte {}, before what it announces",
                                   m_input.position() + m_input.remaining()));
    }
    std::unexpected<Error> damaged(std::string_view what) const {
        return std::unexpected(Error{
            m_source.name(), fmt::format("the tar member '{}' {}", m_name, what), damagedAdvice});
    }

private:
    const ByteSource& m_source;
    const std::string& m_name;
    const Limits& m_limits;
    PickleInput m_input;
};

struct Storages {
    std::unordered_map<std::string, PickledStorage> described; ///< views of others among them
    std::unordered_map<std::string, StoredBytes> bytes;
};

/// A count; so many times a pickle (key, location, type), a count of elements and the elements; a
/// list of views (key, key of the whole, first element, elements).
Result<Storages> readStorages(Member& member) {
    Storages storages;
    const auto count = member.count();
    if (!count)
        return std::unexpected(count.error());
    for (std::int64_t i = 0; i < *count; ++i) {
        const auto graph = member.pickle();
        if (!graph)
            return std::unexpected(graph.error());
        const auto parts = graph->items(graph->root());
        const auto key = parts.size() == 3 ? pickledKey(*graph, parts[0]) : std::nullopt;
        const auto type = parts.size() == 3 ? storageType(*graph, parts[2]) : std::nullopt;
        if (!key || !type)
            return member.damaged("describes a storage in another way than torch does");
        PickledStorage storage;
        storage.key = *key;
        storage.dtype = type->dtype;
        storage.elementSize = type->size;
        const auto elements = member.number();
        if (!elements)
            return std::unexpected(elements.error());
        if (*elements < 0 ||
            static_cast<std::uint64_t>(*elements) >
                member.remaining() / static_cast<std::uint64_t>(storage.elementSize))
            return member.damaged(
                fmt::format("announces {} elements of the storage {}, but has only {} bytes more",
                            *elements,
                            storage.key,
                            member.remaining()));
        storage.count = storage.viewCount = *elements;
        const auto size = static_cast<std::uint64_t>(*elements * storage.elementSize);
        const auto begin = member.skip(size);
        if (!begin)
            return std::unexpected(begin.error());
        storages.bytes[storage.key] = {*begin, size, 0, false};
        const std::string name = storage.key;
        if (!storages.described.emplace(name, std::move(storage)).second)
            return member.damaged(fmt::format("has two storages {}", name));
    }
    const auto views = member.pickle();
    if (!views)
        return std::unexpected(views.error());
    for (const Id view : views->items(views->root())) {
        const auto parts = views->items(view);
        const auto key = parts.size() == 4 ? pickledKey(*views, parts[0]) : std::nullopt;
        const auto whole = parts.size() == 4 ? pickledKey(*views, parts[1]) : std::nullopt;
        if (!key || !whole || views->kind(parts[2]) != Kind::Int ||
            views->kind(parts[3]) != Kind::Int)
            return member.damaged("describes a part of a storage in another way than torch does");
        const auto found = storages.described.find(*whole);
        if (found == storages.described.end())
            return member.damaged(fmt::format("has no storage {} for its part {}", *whole, *key));
        PickledStorage storage = found->second;
        const std::int64_t first = views->integer(parts[2]), size = views->integer(parts[3]);
        if (first < 0 || size < 0 || first > storage.viewCount || size > storage.viewCount - first)
            return member.damaged(
                fmt::format("places the part {} outside of the {} elements of its storage {}",
                            *key,
                            storage.viewCount,
                            *whole));
        storage.viewOffset += first;
        storage.viewCount = size;
        storages.described.insert_or_assign(*key, std::move(storage));
    }
    return storages;
}

/// A count; so many times a pickle (key, storage, type), then axes, sizes, strides and offset as
/// 64-bit numbers.
Result<TensorsOutside> readTensors(Member& member, const Storages& storages) {
    TensorsOutside tensors;
    const auto count = member.count();
    if (!count)
        return std::unexpected(count.error());
    if (auto fits = member.checkTensors(*count); !fits)
        return std::unexpected(fits.error());
    for (std::int64_t i = 0; i < *count; ++i) {
        const auto graph = member.pickle();
        if (!graph)
            return std::unexpected(graph.error());
        const auto parts = graph->items(graph->root());
        const auto key = parts.size() == 3 ? pickledKey(*graph, parts[0]) : std::nullopt;
        const auto storage = parts.size() == 3 ? pickledKey(*graph, parts[1]) : std::nullopt;
        if (!key || !storage)
            return member.damaged("describes a tensor in another way than torch does");
        const auto found = storages.described.find(*storage);
        if (found == storages.described.end())
            return member.damaged(
                fmt::format("names the storage {}, which is not there", *storage));
        const auto axes = member.number();
        if (!axes)
            return std::unexpected(axes.error());
        constexpr std::int64_t mostAxes = 64;
        // Only the lower half counts; early files have anything in the upper.
        const auto rank = static_cast<std::int32_t>(*axes & 0xffffffff);
        if (rank < 0 || rank > mostAxes)
            return member.damaged(
                fmt::format("gives the tensor {} {} axes, of at most {}", *key, rank, mostAxes));
        std::vector<std::int64_t> numbers;
        for (std::int32_t k = 0; k < 2 * rank + 1; ++k) {
            const auto value = member.number();
            if (!value)
                return std::unexpected(value.error());
            numbers.push_back(*value);
        }
        PickledTensor tensor;
        tensor.shape.assign(numbers.begin(), numbers.begin() + rank);
        tensor.strides.assign(numbers.begin() + rank, numbers.begin() + 2 * rank);
        tensor.offset = numbers.back();
        if (!elementCount(tensor.shape))
            return member.damaged(fmt::format(
                "gives the tensor {} the impossible shape {}", *key, shapeText(tensor.shape)));
        tensor.dtype = found->second.dtype;
        if (tensor.dtype == DType::Unsupported)
            tensor.trouble = "of a type that is not read";
        else
            tensor.storage = found->second;
        if (!tensors.emplace(*key, std::move(tensor)).second)
            return member.damaged(fmt::format("has two tensors {}", *key));
    }
    return tensors;
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openPyTorchTar(std::shared_ptr<const ByteSource> source,
                                                         const std::filesystem::path& path,
                                                         const OpenOptions& options) {
    const auto directory = TarDirectory::read(*source, options.limits);
    if (!directory)
        return std::unexpected(directory.error());
    std::array<const TarEntry*, 3> entries{};
    constexpr std::array<std::string_view, 3> names = {"storages", "tensors", "pickle"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        entries[i] = directory->find(names[i]);
        if (!entries[i])
            return std::unexpected(
                Error{source->name(),
                      fmt::format("this is a tar archive, but not one that torch wrote: it has no "
                                  "member '{}'",
                                  names[i]),
                      "Unpack it and open the checkpoint inside"});
        if (!entries[i]->isFile())
            return std::unexpected(Error{
                source->name(),
                fmt::format("the tar member '{}' is a link or a device, not a file", names[i]),
                "The file was not written by a trustworthy program"});
    }
    for (const char* name : {"sys", "sys_info"}) {
        const TarEntry* entry = directory->find(name);
        if (!entry || !entry->isFile())
            continue;
        const auto graph = Member(*source, *entry, options.limits).pickle();
        if (!graph)
            return std::unexpected(graph.error());
        if (auto checked = checkTorchSystem(*graph, source->name()); !checked)
            return std::unexpected(checked.error());
    }
    Member storageMember(*source, *entries[0], options.limits);
    const auto storages = readStorages(storageMember);
    if (!storages)
        return std::unexpected(storages.error());
    Member tensorMember(*source, *entries[1], options.limits);
    const auto tensors = readTensors(tensorMember, *storages);
    if (!tensors)
        return std::unexpected(tensors.error());
    const auto graph = Member(*source, *entries[2], options.limits).pickle();
    if (!graph)
        return std::unexpected(graph.error());

    const auto findStorage = [&](const PickledStorage& storage) -> Result<StoredBytes> {
        return storages->bytes.at(storage.key); // readTensors() has seen it there
    };
    StoredContents contents{"pytorch-tar", path, {}, {}, {}, {}};
    contents.notes.emplace_back("a tar archive of PyTorch 0.1");
    return torchCheckpoint(
        source, PickleContainers(*graph, *tensors), findStorage, std::move(contents), options);
}

} // namespace heirloom
