// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Export.h"

#include "core/base/ByteSource.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/FloatCast.h"
#include "core/storage/DiskSpace.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

constexpr std::int64_t BlockBytes = 4 << 20;

std::filesystem::path folderOf(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

bool isSameFile(const std::filesystem::path& one, const std::filesystem::path& other) {
    struct stat a{};
    struct stat b{};
    if (stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0)
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    std::error_code error;
    const auto first = std::filesystem::weakly_canonical(one, error);
    const auto second = std::filesystem::weakly_canonical(other, error);
    return !error && first == second;
}

/// Whether one file may be written at all.
Status checkFile(const std::filesystem::path& path, const ExportOptions& options) {
    if (path.filename().empty())
        return std::unexpected(Error{path.string(), "a file name is needed to write to", ""});
    for (const std::filesystem::path& open : options.openFiles)
        if (isSameFile(path, open))
            return std::unexpected(
                Error{path.string(),
                      "this file is open, and what is read from must not be written over",
                      "Choose another name"});
    struct stat target{};
    if (stat(path.c_str(), &target) == 0) {
        if (!S_ISREG(target.st_mode))
            return std::unexpected(Error{
                path.string(), "this is not a file that can be replaced", "Choose another name"});
        if (access(path.c_str(), W_OK) != 0)
            return std::unexpected(
                Error{path.string(),
                      fmt::format("the file cannot be written over: {}", std::strerror(errno)),
                      "Choose another name"});
    }
    return {};
}

/// Asked before the first byte. \return the files that will be there
Result<std::vector<std::filesystem::path>> checkTarget(const Checkpoint& weights,
                                                       const ExportOptions& options) {
    const std::filesystem::path folder = folderOf(options.path);
    std::vector<std::filesystem::path> files;
    for (const PlannedFile& file :
         plannedFiles(options.path, options.format, weights.tensors(), options.maxShardBytes))
        files.push_back(file.path);
    if (files.size() > 1)
        files.push_back(indexPath(options.path));
    for (const auto& file : files)
        if (auto free = checkFile(file, options); !free)
            return std::unexpected(free.error());
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        return std::unexpected(
            Error{folder.string(), "there is no such folder", "Choose a folder that exists"});
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return std::unexpected(
            Error{folder.string(),
                  fmt::format("the folder cannot be written to: {}", std::strerror(errno)),
                  "Choose another folder"});
    constexpr std::uint64_t BytesPerTensor =
        1'024; // header, name, hash, alignment; generous in all three formats
    std::uint64_t bytes = 65'536 * files.size();
    for (const TensorInfo& tensor : weights.tensors())
        bytes += static_cast<std::uint64_t>(tensor.bytes()) + BytesPerTensor;
    for (const auto& [key, value] : options.metadata)
        bytes += (key.size() + 2 * value.size()) * files.size();
    if (auto space = requireSpace(folder, bytes); !space)
        return std::unexpected(space.error());
    return files;
}

/// Of an export of another count of shards. They are the user's, so they are told of and kept.
std::vector<std::filesystem::path> leftoverShards(
    const ExportOptions& options, const std::vector<std::filesystem::path>& written) {
    const std::string begin = options.path.stem().string() + '-';
    const std::string end = options.path.extension().string();
    const auto isShard = [&](std::string_view name) { // "-00001-of-00004"
        if (!name.starts_with(begin) || !name.ends_with(end) ||
            name.size() != begin.size() + 14 + end.size())
            return false;
        const auto number = name.substr(begin.size(), 14);
        const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
        return number.substr(5, 4) == "-of-" && std::ranges::all_of(number.substr(0, 5), isDigit) &&
               std::ranges::all_of(number.substr(9), isDigit);
    };
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folderOf(options.path), ignored)) {
        const auto path = options.path.parent_path() / entry.path().filename();
        if (isShard(entry.path().filename().string()) &&
            std::ranges::find(written, path) == written.end())
            found.push_back(path);
    }
    std::ranges::sort(found);
    return found;
}

std::unexpected<Error> stopped(const ExportOptions& options) {
    return fail(options.path.string(), "the export was stopped; nothing was written");
}

/// Opens a file as anyone would and compares what it holds with what was written.
Status verify(const StagedFile& staged, const PassOptions& pass) {
    // Names as they are: a prefix that all of them have is part of them.
    const auto written = openCheckpoint(staged.file.readingPath(), {.prefix = ""});
    if (!written)
        return std::unexpected(written.error());
    const auto& found = (*written)->tensors();
    if (found.size() != staged.tensors.size())
        return fail({},
                    "{} tensors were written, {} are found after re-reading",
                    staged.tensors.size(),
                    found.size());
    for (const TensorInfo& expected : staged.tensors) {
        const TensorInfo* info = (*written)->find(expected.name);
        if (!info)
            return fail(expected.name, "the tensor is missing from the file just written");
        if (*info != expected)
            return fail(expected.name,
                        "expected {} {} after re-reading, found {} {}",
                        dtypeName(expected.dtype),
                        shapeText(expected.shape),
                        dtypeName(info->dtype),
                        shapeText(info->shape));
    }
    if ((*written)->metadata() != staged.metadata)
        return fail({}, "the metadata differ after re-reading");
    const auto digests = passTensors(**written, staged.tensors, pass);
    if (!digests)
        return std::unexpected(digests.error());
    for (std::size_t i = 0; i < digests->size(); ++i)
        if ((*digests)[i].quick != staged.digests[i].quick)
            return fail(staged.tensors[i].name, "its hash differs after re-reading");
    return {};
}

Status measure(const std::filesystem::path& path, bool digestWanted, ExportReport& report) {
    auto source = openFile(path);
    if (!source)
        return std::unexpected(source.error());
    report.bytes += (*source)->size();
    if (!digestWanted)
        return {};
    Sha256 digest;
    std::vector<std::byte> block;
    for (std::uint64_t at = 0; at < (*source)->size(); at += block.size()) {
        block.resize(
            static_cast<std::size_t>(std::min<std::uint64_t>(BlockBytes, (*source)->size() - at)));
        if (auto done = (*source)->readAt(at, block); !done)
            return done;
        digest.update(block);
    }
    report.sha256 = digest.hex();
    return {};
}

/// exportStudent() without a conversion.
Result<ExportReport> exportAsIs(const Checkpoint& weights,
                                const ExportOptions& options,
                                std::stop_token stop,
                                const Progress& progress) {
    auto files = checkTarget(weights, options);
    if (!files)
        return std::unexpected(files.error());
    if (stop.stop_requested())
        return stopped(options);
    if (progress)
        progress(0, "writing");
    WriteOptions writing;
    writing.metadata = options.metadata;
    writing.hashes = true;
    writing.maxShardBytes = options.maxShardBytes;
    writing.files = options.files;
    writing.pass = {.stop = stop, .progress = progress, .progressFrom = 0, .progressTo = 0.5};
    // Verified before it has its name: a file that was there before stays until the new one is
    // known to be good.
    auto staged = stageCheckpoint(options.path, options.format, weights, writing);
    if (stop.stop_requested())
        return stopped(options);
    if (!staged)
        return std::unexpected(staged.error());
    if (progress)
        progress(0.5, "verifying");
    const PassOptions reading{.crc = false,
                              .sha256 = false,
                              .quick = true, // as good as SHA-256 here, without its time
                              .stop = stop,
                              .progress = progress,
                              .progressFrom = 0.5,
                              .progressTo = 0.9};
    ExportReport report;
    const bool isDigested = options.digest && staged->files().size() == 1;
    for (const StagedFile& file : staged->files()) {
        const auto verified = verify(file, reading);
        if (stop.stop_requested())
            return stopped(options);
        if (!verified) {
            const Error& error = verified.error();
            const bool ofFile = error.where.empty() || error.where == file.file.readingPath();
            return std::unexpected(
                Error{options.path.string(),
                      fmt::format(
                          "the file did not read back as it was written, so it was not kept: {}{}",
                          ofFile ? "" : error.where + ": ",
                          error.text),
                      "Check the disk and try again"});
        }
        report.tensors += std::ssize(file.tensors);
        if (auto done = measure(file.file.readingPath(), isDigested, report); !done)
            return std::unexpected(done.error());
    }
    report.verified = true;
    report.files = std::move(*files);
    if (progress)
        progress(0.9, "flushing to disk");
    if (auto done = staged->commit(); !done)
        return std::unexpected(done.error());
    if (report.files.size() > 1)
        report.leftovers = leftoverShards(options, report.files);
    if (progress)
        progress(1, "done");
    return report;
}

} // namespace

Result<ExportReport> exportStudent(const Checkpoint& weights,
                                   const ExportOptions& options,
                                   std::stop_token stop,
                                   const Progress& progress) {
    if (options.dtype) {
        const ConvertedCheckpoint converted(borrowed(weights), *options.dtype);
        auto report = exportAsIs(converted, options, std::move(stop), progress);
        if (report)
            report->overflows = converted.overflows();
        return report;
    }
    return exportAsIs(weights, options, std::move(stop), progress);
}

std::string overflowText(const std::vector<Overflow>& overflows, DType dtype) {
    std::int64_t values = 0;
    for (const Overflow& overflow : overflows)
        values += overflow.values;
    if (values == 0)
        return {};
    const std::string where = overflows.size() == 1 ? overflows.front().tensor
                                                    : fmt::format("{} tensors", overflows.size());
    const std::string became = dtype == DType::F8E4M3
                                   ? fmt::format("{}, the largest of F8_E4M3", largestText(dtype))
                                   : fmt::format("infinity ({} is the largest of {})",
                                                 largestText(dtype),
                                                 dtypeName(dtype));
    return fmt::format("{} of {} too large and became {}",
                       values == 1 ? "1 value" : fmt::format("{} values", values),
                       where + (values == 1 ? " was" : " were"),
                       became);
}

std::string leftoverText(const ExportReport& report) {
    const auto& left = report.leftovers;
    if (left.empty())
        return {};
    return left.size() == 1
               ? fmt::format("a shard of an earlier export is still there: {}",
                             left[0].filename().string())
               : fmt::format("{} shards of an earlier export are still there, the first of them {}",
                             left.size(),
                             left[0].filename().string());
}

Result<ExportReport> exportStudent(const StateDict& weights,
                                   const ExportOptions& options,
                                   std::stop_token stop,
                                   const Progress& progress) {
    return exportStudent(*memoryCheckpoint(borrowed(weights)), options, std::move(stop), progress);
}

} // namespace heirloom
