// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/ZipDirectory.h"
#include "core/checkpoint/numpy/NumpyReader.h"
#include "core/checkpoint/pytorch/PickleMachine.h"
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "core/checkpoint/pytorch/TorchTensors.h"

#include <nlohmann/json.hpp>

namespace heirloom {
namespace {

/// The folder that all records lie in; empty when the archive is not torch's.
Result<std::string> findRoot(const ByteSource& source, const ZipDirectory& directory) {
    std::string root;
    for (const ZipEntry& entry : directory.entries()) {
        const auto slash = entry.name.find('/');
        if (slash == std::string::npos || entry.name.substr(slash) != "/data.pkl")
            continue;
        if (!root.empty())
            return fail(source.name(),
                        "the archive holds two pickles, '{}/data.pkl' and '{}'",
                        root,
                        entry.name);
        root = entry.name.substr(0, slash);
    }
    if (!root.empty())
        return root;
    return std::unexpected(
        Error{source.name(),
              "this is a zip archive, but not one that torch.save writes: it has no data.pkl",
              "Unpack it and open the checkpoint inside"});
}

/// A flat object of strings; anything else is passed over, since it only informs.
std::map<std::string, std::string> readMetadata(const ByteSource& source,
                                                const ZipDirectory& directory,
                                                const std::string& root,
                                                const Limits& limits) {
    const ZipEntry* entry = directory.find(root + "/heirloom.json");
    if (!entry)
        return {};
    const auto bytes = readZipEntry(source, *entry, limits, Limit::MetadataBytes);
    if (!bytes)
        return {};
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const auto json = nlohmann::json::parse(
        text,
        [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) { return depth <= 1; },
        false);
    std::map<std::string, std::string> metadata;
    if (json.is_object())
        for (const auto& [key, value] : json.items())
            if (value.is_string())
                metadata[key] = value.get<std::string>();
    return metadata;
}

Result<bool> isBigEndian(const ByteSource& source,
                         const ZipDirectory& directory,
                         const std::string& root) {
    const ZipEntry* entry = directory.find(root + "/byteorder");
    if (!entry)
        return false; // torch before 2.1 did not say; it wrote little endian everywhere that
                      // matters
    constexpr std::uint64_t longestWord = 64;
    if (entry->size > longestWord)
        return fail(source.name(), "the byte order is neither 'little' nor 'big'");
    const auto bytes = readZipEntry(source, *entry, {}, Limit::MetadataBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (text == "little" || text == "big")
        return text == "big";
    return fail(source.name(), "the byte order is neither 'little' nor 'big'");
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openPyTorchZip(std::shared_ptr<const ByteSource> source,
                                                         const std::filesystem::path& path,
                                                         const OpenOptions& options) {
    const auto directory = ZipDirectory::read(*source, options.limits);
    if (!directory)
        return std::unexpected(directory.error());
    if (isNpz(*directory))
        return openNpz(std::move(source), *directory, path, options);
    const auto root = findRoot(*source, *directory);
    if (!root)
        return std::unexpected(root.error());
    const bool isScript = directory->find(*root + "/constants.pkl") != nullptr;
    const auto bigEndian = isBigEndian(*source, *directory, *root);
    if (!bigEndian)
        return std::unexpected(bigEndian.error());

    auto pickle = readZipEntry(
        *source, *directory->find(*root + "/data.pkl"), options.limits, Limit::PickleBytes);
    if (!pickle)
        return std::unexpected(pickle.error());
    const auto pickleSource = memorySource(std::move(*pickle), source->name() + " (data.pkl)");
    PickleInput input(*pickleSource, 0, pickleSource->size());
    const auto graph = readPickle(input, options.limits);
    if (!graph)
        return std::unexpected(
            withAdviceElse(graph.error(), "The file is damaged or was not written by torch.save"));

    const auto findStorage = [&](const PickledStorage& storage) -> Result<StoredBytes> {
        const ZipEntry* entry = directory->find(*root + "/data/" + storage.key);
        if (!entry)
            return fail({}, "the archive has no record 'data/{}' for its elements", storage.key);
        if (!entry->isStored())
            return fail({},
                        "its record 'data/{}' is compressed; save the file again with torch.save",
                        storage.key);
        if (entry->size != static_cast<std::uint64_t>(storage.count * storage.elementSize))
            return fail(
                {},
                "its record 'data/{}' has {} bytes, but {} elements of {} bytes are announced",
                storage.key,
                entry->size,
                storage.count,
                storage.elementSize);
        return StoredBytes{entry->dataOffset, entry->size, entry->crc, *bigEndian};
    };
    StoredContents contents{isScript ? "torchscript" : "pytorch-zip",
                            path,
                            {},
                            {},
                            {},
                            readMetadata(*source, *directory, *root, options.limits)};
    if (isScript)
        contents.notes.emplace_back("a TorchScript archive: the weights are read, the code is not");
    if (*bigEndian)
        contents.notes.emplace_back("written on a big-endian machine");
    return torchCheckpoint(source,
                           PickleContainers(*graph,
                                            isScript ? PickleContainers::Modules::AsDictionary
                                                     : PickleContainers::Modules::Opaque),
                           findStorage,
                           std::move(contents),
                           options);
}

} // namespace heirloom
