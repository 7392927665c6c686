// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"

#include "core/base/Random.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

std::unexpected<Error> systemError(const std::filesystem::path& path,
                                   std::string_view what,
                                   int number) {
    Error error{path.string(), fmt::format("{}: {}", what, std::strerror(number)), {}};
    if (number == ENOSPC || number == EDQUOT || number == EFBIG)
        error.advice =
            "Free some space or choose another folder; nothing that was there has changed";
    else if (number == EACCES || number == EPERM || number == EROFS)
        error.advice = "Choose a folder that you may write to";
    else if (number == ENOENT || number == ENOTDIR)
        error.advice = "Choose a folder that exists";
    return std::unexpected(std::move(error));
}

/// A link stays a link: what it points at is replaced.
std::filesystem::path resolved(const std::filesystem::path& target) {
    std::error_code code;
    if (std::filesystem::is_symlink(target, code)) {
        auto real = std::filesystem::weakly_canonical(target, code);
        if (!code)
            return real;
    }
    return target;
}

std::filesystem::path folderOf(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Status syncFolder(const std::filesystem::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return {}; // a folder may be writable without being readable; the rename itself has
                   // succeeded
    const int result = ::fsync(file);
    const int number = errno;
    ::close(file);
    // Some file systems know no fsync of folders.
    if (result != 0 && number != EINVAL && number != ENOTSUP)
        return systemError(folder, "the folder could not be flushed to disk", number);
    return {};
}

Status writeFully(int file,
                  const std::filesystem::path& path,
                  std::uint64_t offset,
                  std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t block = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
        const ssize_t written = ::pwrite(file, bytes.data(), block, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return systemError(path, "the file could not be written", errno);
        if (written == 0)
            return systemError(path, "the file could not be written", ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

} // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& target) {
    AtomicFile made;
    made.m_target = resolved(target);
    if (!made.m_target.has_filename())
        return fail(target.string(), "a file name is missing");

    struct stat old{};
    const bool exists = ::stat(made.m_target.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return fail(target.string(),
                    "this is {}, not a file that can be replaced",
                    S_ISDIR(old.st_mode) ? "a folder" : "a device or pipe");
    if (exists && ::faccessat(AT_FDCWD, made.m_target.c_str(), W_OK, AT_EACCESS) != 0)
        return systemError(target, "the file may not be replaced", errno);

    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    Random random(static_cast<std::uint64_t>(now) ^ (static_cast<std::uint64_t>(::getpid()) << 40));
    for (int attempt = 0; attempt < 100 && made.m_file < 0; ++attempt) {
        // The name is kept short, so that a target near the limit of 255 bytes still gets a
        // temporary.
        made.m_temporary =
            folderOf(made.m_target) / fmt::format(".heirloom-{:016x}.part", random.next());
        made.m_file = ::open(
            made.m_temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (made.m_file < 0 && errno != EEXIST) {
            const int number = errno;
            made.m_temporary.clear();
            return systemError(target, "no file could be made in its folder", number);
        }
    }
    if (made.m_file < 0)
        return systemError(target, "no file could be made in its folder", EEXIST);
    if (exists && ::fchmod(made.m_file, old.st_mode & 0777) != 0)
        return systemError(target, "the file's permissions could not be kept", errno);
    return made;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target)), m_temporary(std::move(other.m_temporary)),
      m_file(std::exchange(other.m_file, -1)), m_size(other.m_size) {
    other.m_temporary.clear();
}

AtomicFile::~AtomicFile() {
    if (m_file >= 0)
        ::close(m_file);
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
    if (auto done = writeFully(m_file, m_target, m_size, bytes); !done)
        return done;
    m_size += bytes.size();
    return {};
}

Status AtomicFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > m_size || bytes.size() > m_size - offset)
        return fail(m_target.string(),
                    "bytes {} to {} lie outside the {} bytes written so far",
                    offset,
                    offset + bytes.size(),
                    m_size);
    return writeFully(m_file, m_target, offset, bytes);
}

Status AtomicFile::commit() {
    if (::fsync(m_file) != 0)
        return systemError(m_target, "the file could not be flushed to disk", errno);
    struct stat found{};
    if (::fstat(m_file, &found) != 0)
        return systemError(m_target, "the written file could not be checked", errno);
    if (static_cast<std::uint64_t>(found.st_size) != m_size)
        return fail(m_target.string(),
                    "{} bytes were written but the disk holds {}",
                    m_size,
                    found.st_size);
    // close() reports what a network disk could not store.
    if (::close(std::exchange(m_file, -1)) != 0 && errno != EINTR)
        return systemError(m_target, "the file could not be closed", errno);
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0)
        return systemError(m_target, "the written file could not be moved into place", errno);
    m_temporary.clear();
    return syncFolder(folderOf(m_target));
}

Status writeFile(const std::filesystem::path& target, std::span<const std::byte> bytes) {
    auto file = AtomicFile::create(target);
    if (!file)
        return std::unexpected(file.error());
    if (auto done = file->write(bytes); !done)
        return done;
    return file->commit();
}

} // namespace heirloom
