// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/CheckpointWriter.h"

#include "core/base/Sha256.h"
#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/PlainText.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <new>

namespace heirloom {

Result<CheckpointFormat> formatForPath(const std::filesystem::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    if (ending == ".safetensors")
        return CheckpointFormat::Safetensors;
    if (ending == ".pth" || ending == ".pt" || ending == ".bin")
        return CheckpointFormat::PyTorchZip;
    if (ending == ".h5" || ending == ".hdf5")
        return CheckpointFormat::Hdf5;
    return std::unexpected(
        Error{path.string(),
              ending.empty() ? std::string("the name has no ending, so the format is unknown")
                             : fmt::format("no format is known by the ending {}", ending),
              "Use .safetensors, .pth, .pt or .bin (PyTorch), .h5 or .hdf5"});
}

std::string_view formatName(CheckpointFormat format) {
    switch (format) {
    case CheckpointFormat::Safetensors:
        return "safetensors";
    case CheckpointFormat::PyTorchZip:
        return "pytorch-zip";
    case CheckpointFormat::Hdf5:
        return "hdf5";
    }
    return "";
}

std::string hashesText(std::span<const TensorInfo> tensors, std::span<const TensorDigest> digests) {
    constexpr std::size_t mostListed = 50'000; // some six megabytes of text
    const auto hashOf = [&](std::size_t i) {
        return digests.empty() ? std::string(64, '0') : digests[i].sha256;
    };
    if (tensors.size() > mostListed) {
        Sha256 all;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const std::string hash = hashOf(i);
            all.update(std::as_bytes(std::span(hash)));
        }
        return all.hex();
    }
    std::string text = "{";
    for (std::size_t i = 0; i < tensors.size(); ++i)
        text += fmt::format(
            "{}{}:\"{}\"", i == 0 ? "" : ",", nlohmann::json(tensors[i].name).dump(), hashOf(i));
    return text + "}";
}

Metadata FileContents::metadataWith(std::span<const TensorDigest> digests) const {
    Metadata all = metadata;
    if (hashes)
        all[std::string(hashesKey)] = hashesText(tensors, digests);
    return all;
}

namespace {

Status checkContents(const std::filesystem::path& path,
                     const Checkpoint& source,
                     const Metadata& metadata) {
    for (const TensorInfo& tensor : source.tensors()) {
        if (tensor.dtype == DType::Unsupported || !elementCount(tensor.shape))
            return fail(tensor.name,
                        "{} of {} cannot be written",
                        shapeText(tensor.shape),
                        dtypeName(tensor.dtype));
        if (!isPlainUtf8(tensor.name))
            return fail(path.string(), "a tensor's name is no valid UTF-8 text");
    }
    for (const auto& [key, value] : metadata)
        if (!isPlainUtf8(key) || !isPlainUtf8(value))
            return fail(path.string(), "the metadata under '{}' is no valid UTF-8 text", key);
    return {};
}

/// The disk is told to begin with so much at a time: each time costs, and so does all at the end.
constexpr std::uint64_t flushBytes = 1 << 20;
/// Less is left to the end.
constexpr std::uint64_t leastFlushBytes = 128 << 10;

Result<StagedFile> stageFile(const PlannedFile& planned,
                             CheckpointFormat format,
                             const Checkpoint& source,
                             const WriteOptions& options) {
    auto file = AtomicFile::create(planned.path, *options.files);
    if (!file)
        return std::unexpected(file.error());
    FileContents contents{planned.tensors, options.metadata, options.hashes};
    // transformers refuses safetensors files that do not say for which library they were written.
    if (format == CheckpointFormat::Safetensors)
        contents.metadata.try_emplace("format", "pt");
    PassOptions pass = options.pass;
    pass.sha256 = options.hashes;
    pass.quick = true; // for whoever reads it again
    pass.crc = format == CheckpointFormat::PyTorchZip; // nobody else asks for it
    const WriteTensors write = [&](std::span<const std::uint64_t> places) {
        return passTensors(
            source,
            contents.tensors,
            pass,
            [&](std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
                const std::uint64_t at = places[tensor] + offset;
                auto done = file->writeAt(at, bytes);
                const std::uint64_t end = offset + bytes.size();
                const std::uint64_t begin = offset / flushBytes * flushBytes;
                const auto all = static_cast<std::uint64_t>(contents.tensors[tensor].bytes());
                if (end - begin >= flushBytes || (end == all && end - begin >= leastFlushBytes))
                    file->startFlush(places[tensor] + begin, end - begin);
                return done;
            });
    };
    auto digests =
        format == CheckpointFormat::Safetensors  ? writeSafetensors(*file, contents, write)
        : format == CheckpointFormat::PyTorchZip ? writePyTorchZip(*file, contents, write)
                                                 : writeHdf5(*file, contents, write);
    if (!digests)
        return std::unexpected(digests.error());
    Metadata metadata = contents.metadataWith(*digests);
    return StagedFile{std::move(*file), planned.tensors, std::move(*digests), std::move(metadata)};
}

std::int64_t bytesOf(std::span<const TensorInfo> tensors) {
    std::int64_t bytes = 0;
    for (const TensorInfo& tensor : tensors)
        bytes += tensor.bytes();
    return bytes;
}

/// Which tensor is in which file.
Result<AtomicFile> stageIndex(const std::filesystem::path& path,
                              const std::vector<PlannedFile>& planned,
                              FileOperations& files) {
    nlohmann::ordered_json places = nlohmann::ordered_json::object();
    std::int64_t total = 0;
    for (const PlannedFile& shard : planned) {
        total += bytesOf(shard.tensors);
        for (const TensorInfo& tensor : shard.tensors)
            places[tensor.name] = shard.path.filename().string();
    }
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", total}}},
                                          {"weight_map", std::move(places)}};
    const std::string text =
        index.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    auto file = AtomicFile::create(indexPath(path), files);
    if (!file)
        return file;
    if (auto done = file->write(std::as_bytes(std::span(text))); !done)
        return std::unexpected(done.error());
    return file;
}

} // namespace

std::filesystem::path indexPath(const std::filesystem::path& path) {
    return path.string() + ".index.json";
}

std::vector<PlannedFile> plannedFiles(const std::filesystem::path& path,
                                      CheckpointFormat format,
                                      std::span<const TensorInfo> tensors,
                                      std::uint64_t maxShardBytes) {
    if (maxShardBytes == 0 || format != CheckpointFormat::Safetensors ||
        static_cast<std::uint64_t>(bytesOf(tensors)) <= maxShardBytes)
        return {{path, tensors}};
    std::vector<PlannedFile> files;
    std::size_t begin = 0;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const auto more = static_cast<std::uint64_t>(tensors[i].bytes());
        if (i > begin && bytes + more > maxShardBytes) {
            files.push_back({{}, tensors.subspan(begin, i - begin)});
            begin = i;
            bytes = 0;
        }
        bytes += more;
    }
    files.push_back({{}, tensors.subspan(begin)});
    if (files.size() == 1)
        return {{path, tensors}};
    for (std::size_t i = 0; i < files.size(); ++i)
        files[i].path = path.parent_path() / fmt::format("{}-{:05}-of-{:05}{}",
                                                         path.stem().string(),
                                                         i + 1,
                                                         files.size(),
                                                         path.extension().string());
    return files;
}

Status StagedCheckpoint::commit() {
    for (StagedFile& staged : m_files)
        if (auto done = staged.file.seal(); !done)
            return done;
    if (m_index)
        if (auto done = m_index->seal(); !done)
            return done;
    for (StagedFile& staged : m_files)
        if (auto done = staged.file.commit(); !done)
            return done;
    return m_index ? m_index->commit() : Status();
}

Result<StagedCheckpoint> stageCheckpoint(const std::filesystem::path& path,
                                         CheckpointFormat format,
                                         const Checkpoint& source,
                                         const WriteOptions& options) {
    if (auto checked = checkContents(path, source, options.metadata); !checked)
        return std::unexpected(checked.error());
    try {
        const auto planned = plannedFiles(path, format, source.tensors(), options.maxShardBytes);
        const double total = static_cast<double>(bytesOf(source.tensors()));
        const double share = options.pass.progressTo - options.pass.progressFrom;
        std::vector<StagedFile> files;
        WriteOptions each = options;
        for (const PlannedFile& file : planned) {
            each.pass.progressTo =
                each.pass.progressFrom +
                share * (total > 0 ? static_cast<double>(bytesOf(file.tensors)) / total : 1);
            auto staged = stageFile(file, format, source, each);
            if (!staged)
                return std::unexpected(staged.error());
            files.push_back(std::move(*staged));
            each.pass.progressFrom = each.pass.progressTo;
        }
        if (planned.size() == 1)
            return StagedCheckpoint(std::move(files), std::nullopt);
        auto index = stageIndex(path, planned, *options.files);
        if (!index)
            return std::unexpected(index.error());
        return StagedCheckpoint(std::move(files), std::move(*index));
    } catch (const std::bad_alloc&) {
        return fail(path.string(), "there is not enough memory to write the file");
    }
}

Status writeCheckpoint(const std::filesystem::path& path,
                       CheckpointFormat format,
                       const Checkpoint& source,
                       const WriteOptions& options) {
    auto staged = stageCheckpoint(path, format, source, options);
    if (!staged)
        return std::unexpected(staged.error());
    return staged->commit();
}

Status writeCheckpoint(const std::filesystem::path& path,
                       CheckpointFormat format,
                       const StateDict& tensors,
                       const Metadata& metadata) {
    for (const auto& [name, tensor] : tensors.entries()) {
        const auto elements = elementCount(tensor.shape);
        if (!elements ||
            static_cast<std::size_t>(*elements * dtypeSize(tensor.dtype)) != tensor.bytes.size())
            return fail(name,
                        "{} of {} does not fit its {} bytes",
                        shapeText(tensor.shape),
                        dtypeName(tensor.dtype),
                        tensor.bytes.size());
    }
    return writeCheckpoint(
        path, format, *memoryCheckpoint(borrowed(tensors)), {.metadata = metadata});
}

} // namespace heirloom
