// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Export.h"

#include "core/base/ByteSource.h"
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/storage/DiskSpace.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
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

/// Whether the target may be written at all; asked before the first byte.
Status checkTarget(const StateDict& weights, const ExportOptions& options) {
    const std::filesystem::path& path = options.path;
    const std::filesystem::path folder = folderOf(path);
    if (path.filename().empty())
        return std::unexpected(Error{path.string(), "a file name is needed to write to", ""});
    for (const std::filesystem::path& open : options.openFiles)
        if (isSameFile(path, open))
            return std::unexpected(
                Error{path.string(),
                      "this file is open, and what is read from must not be written over",
                      "Choose another name"});
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        return std::unexpected(
            Error{folder.string(), "there is no such folder", "Choose a folder that exists"});
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return std::unexpected(
            Error{folder.string(),
                  fmt::format("the folder cannot be written to: {}", std::strerror(errno)),
                  "Choose another folder"});
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
    constexpr std::uint64_t BytesPerTensor =
        1'024; // header, name, alignment; generous in all three formats
    std::uint64_t bytes =
        static_cast<std::uint64_t>(weights.bytes()) + 65'536 + BytesPerTensor * weights.size();
    for (const auto& [key, value] : options.metadata)
        bytes += key.size() + 2 * value.size();
    return requireSpace(folder, bytes);
}

/// A file that is removed again unless it is kept.
class Unverified {
public:
    explicit Unverified(const std::filesystem::path& folder)
        : m_path(folder / fmt::format(".heirloom-unverified-{}", getpid())) {}
    ~Unverified() {
        std::error_code error;
        if (!m_kept)
            std::filesystem::remove(m_path, error);
    }
    Unverified(const Unverified&) = delete;
    Unverified& operator=(const Unverified&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

    /// Gives the file its name, replacing an older one.
    Status keepAs(const std::filesystem::path& target) {
        if (std::rename(m_path.c_str(), target.c_str()) != 0)
            return fail(
                target.string(), "the file cannot be put in place: {}", std::strerror(errno));
        m_kept = true;
        const int folder = open(folderOf(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const bool synced = folder >= 0 && fsync(folder) == 0;
        const int reason = errno;
        if (folder >= 0)
            close(folder);
        if (!synced && reason != EINVAL) // EINVAL: a file system whose folders need no fsync
            return fail(target.string(),
                        "the file was written, but its folder could not be made safe on disk: {}",
                        std::strerror(reason));
        return {};
    }

private:
    std::filesystem::path m_path;
    bool m_kept = false;
};

std::unexpected<Error> stopped(const ExportOptions& options) {
    return fail(options.path.string(), "the export was stopped; nothing was written");
}

Status compareTensor(const Checkpoint& written,
                     const std::string& name,
                     const HostTensor& expected) {
    const TensorInfo* info = written.find(name);
    if (!info)
        return fail(name, "the tensor is missing from the file just written");
    if (info->dtype != expected.dtype || info->shape != expected.shape)
        return fail(name,
                    "expected {} {} after re-reading, found {} {}",
                    dtypeName(expected.dtype),
                    shapeText(expected.shape),
                    dtypeName(info->dtype),
                    shapeText(info->shape));
    const std::int64_t rows = expected.shape.empty() ? 1 : expected.shape.front();
    const std::int64_t rowBytes = rows > 0 ? std::ssize(expected.bytes) / rows : 0;
    const std::int64_t step =
        std::max<std::int64_t>(1, BlockBytes / std::max<std::int64_t>(rowBytes, 1));
    std::vector<std::byte> block;
    for (std::int64_t row = 0; row < rows; row += step) {
        const std::int64_t count = std::min(step, rows - row);
        block.resize(static_cast<std::size_t>(count * rowBytes));
        if (auto done = written.readRows(*info, row, count, block); !done)
            return done;
        const auto first = expected.bytes.begin() + row * rowBytes;
        if (const auto [found, wanted] =
                std::ranges::mismatch(block, std::span(first, block.size()));
            found != block.end())
            return fail(
                name, "byte {} differs after re-reading", row * rowBytes + (found - block.begin()));
    }
    return {};
}

/// Opens the file as anyone would and compares every tensor.
Status verify(const std::filesystem::path& path,
              const StateDict& weights,
              std::stop_token stop,
              const Progress& progress) {
    auto written = openCheckpoint(path);
    if (!written)
        return std::unexpected(written.error());
    if ((*written)->tensors().size() != weights.size())
        return fail({},
                    "{} tensors were written, {} are found after re-reading",
                    weights.size(),
                    (*written)->tensors().size());
    std::size_t done = 0;
    for (const auto& [name, tensor] : weights.entries()) {
        if (stop.stop_requested())
            return fail({}, "stopped");
        if (auto equal = compareTensor(**written, name, tensor); !equal)
            return equal;
        ++done;
        if (progress && done % 8 == 0)
            progress(0.5 + 0.4 * static_cast<double>(done) / static_cast<double>(weights.size()),
                     name);
    }
    return {};
}

Status measure(const std::filesystem::path& path, bool digestWanted, ExportReport& report) {
    auto source = openFile(path);
    if (!source)
        return std::unexpected(source.error());
    report.bytes = (*source)->size();
    if (!digestWanted)
        return {};
    Sha256 digest;
    std::vector<std::byte> block;
    for (std::uint64_t at = 0; at < report.bytes; at += block.size()) {
        block.resize(
            static_cast<std::size_t>(std::min<std::uint64_t>(BlockBytes, report.bytes - at)));
        if (auto done = (*source)->readAt(at, block); !done)
            return done;
        digest.update(block);
    }
    report.sha256 = digest.hex();
    return {};
}

} // namespace

Result<ExportReport> exportStudent(const StateDict& weights,
                                   const ExportOptions& options,
                                   std::stop_token stop,
                                   const Progress& progress) {
    if (auto fits = checkTarget(weights, options); !fits)
        return std::unexpected(fits.error());
    if (stop.stop_requested())
        return stopped(options);
    if (progress)
        progress(0, "writing");
    // Written and verified under a name of its own: a file that was there before stays until the
    // new one is known to be good.
    Unverified file(folderOf(options.path));
    if (auto done = writeCheckpoint(file.path(), options.format, weights, options.metadata); !done)
        return std::unexpected(
            Error{options.path.string(), done.error().text, done.error().advice});
    if (progress)
        progress(0.5, "verifying");
    auto verified = verify(file.path(), weights, stop, progress);
    if (stop.stop_requested())
        return stopped(options);
    if (!verified) {
        const Error& error = verified.error();
        const bool ofFile = error.where.empty() || error.where == file.path();
        return std::unexpected(Error{
            options.path.string(),
            fmt::format("the file did not read back as it was written, so it was not kept: {}{}",
                        ofFile ? "" : error.where + ": ",
                        error.text),
            "Check the disk and try again"});
    }
    if (progress && options.digest)
        progress(0.9, "computing the SHA-256");
    ExportReport report;
    report.tensors = static_cast<std::int64_t>(weights.size());
    report.verified = true;
    if (auto done = measure(file.path(), options.digest, report); !done)
        return std::unexpected(done.error());
    if (auto done = file.keepAs(options.path); !done)
        return std::unexpected(done.error());
    if (progress)
        progress(1, "done");
    return report;
}

} // namespace heirloom
