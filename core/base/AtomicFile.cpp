// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"

#include "core/base/Random.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
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

} // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& target, FileOperations& files) {
    AtomicFile made(files);
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

    made.m_file = made.openUnnamed();
    // Many file systems know no files without names, and say so in many ways.
    if (made.m_file < 0)
        made.m_file = made.openNamed();
    if (made.m_file < 0)
        return systemError(target, "no file could be made in its folder", errno);
    if (exists && ::fchmod(made.m_file, old.st_mode & 0777) != 0)
        return systemError(target, "the file's permissions could not be kept", errno);
    return made;
}

int AtomicFile::openUnnamed() const {
    return m_files->open(folderOf(m_target), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

int AtomicFile::openNamed() {
    for (int attempt = 0; attempt < 100; ++attempt) {
        m_temporary = newName();
        const int file =
            m_files->open(m_temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file >= 0)
            return file;
        const int number = errno;
        m_temporary.clear(); // not ours
        errno = number;
        if (number != EEXIST)
            return file;
    }
    return -1;
}

std::filesystem::path AtomicFile::newName() const {
    static std::atomic<std::uint64_t> counter = 0;
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    Random random((static_cast<std::uint64_t>(now) + counter++) ^
                  (static_cast<std::uint64_t>(::getpid()) << 40));
    // Short, so that a target near the limit of 255 bytes still gets a temporary.
    return folderOf(m_target) / fmt::format(".heirloom-{:016x}.part", random.next());
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_files(other.m_files), m_target(std::move(other.m_target)),
      m_temporary(std::move(other.m_temporary)), m_file(std::exchange(other.m_file, -1)),
      m_size(other.m_size), m_isSealed(other.m_isSealed) {
    other.m_temporary.clear();
}

AtomicFile::~AtomicFile() {
    if (m_file >= 0)
        m_files->close(m_file);
    if (!m_temporary.empty())
        m_files->remove(m_temporary);
}

std::filesystem::path AtomicFile::readingPath() const {
    if (!m_temporary.empty())
        return m_temporary;
    return fmt::format("/proc/{}/fd/{}", ::getpid(), m_file);
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
    const std::uint64_t offset = m_size;
    m_size += bytes.size();
    auto done = writeAt(offset, bytes);
    if (!done)
        m_size = offset;
    return done;
}

Status AtomicFile::resize(std::uint64_t bytes) {
    const auto size = static_cast<off_t>(bytes);
    if ((bytes > m_size ? lengthen(size) : m_files->resize(m_file, size)) != 0)
        return systemError(
            m_target, fmt::format("a file of {} bytes could not be made", bytes), errno);
    m_size = bytes;
    return {};
}

int AtomicFile::lengthen(off_t size) const {
    int done = 0;
    do
        done = m_files->reserve(m_file, size);
    while (done != 0 && errno == EINTR);
    const bool isUnknown = errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL;
    return done != 0 && isUnknown ? m_files->resize(m_file, size) : done;
}

void AtomicFile::startFlush(std::uint64_t offset, std::uint64_t bytes) const {
    // Failures are seen by seal().
    static_cast<void>(::sync_file_range(
        m_file, static_cast<off64_t>(offset), static_cast<off64_t>(bytes), SYNC_FILE_RANGE_WRITE));
}

Status AtomicFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes) const {
    if (offset > m_size || bytes.size() > m_size - offset)
        return fail(m_target.string(),
                    "bytes {} to {} lie outside the {} bytes of the file so far",
                    offset,
                    offset + bytes.size(),
                    m_size);
    while (!bytes.empty()) {
        const std::size_t block = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
        const ssize_t written =
            m_files->write(m_file, bytes.data(), block, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return systemError(m_target, "the file could not be written", errno);
        if (written == 0)
            return systemError(m_target, "the file could not be written", ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

Status AtomicFile::seal() {
    if (m_files->sync(m_file) != 0)
        return systemError(m_target, "the file could not be flushed to disk", errno);
    struct stat found{};
    if (::fstat(m_file, &found) != 0)
        return systemError(m_target, "the written file could not be checked", errno);
    if (static_cast<std::uint64_t>(found.st_size) != m_size)
        return fail(m_target.string(),
                    "{} bytes were written but the disk holds {}",
                    m_size,
                    found.st_size);
    m_isSealed = true;
    return {};
}

Status AtomicFile::giveName() {
    for (int attempt = 0; attempt < 100; ++attempt) {
        const auto name = newName();
        if (m_files->link(m_file, name) == 0) {
            m_temporary = name;
            return {};
        }
        if (errno != EEXIST)
            break;
    }
    return systemError(m_target, "the written file could not be given a name", errno);
}

Status AtomicFile::commit() {
    if (!m_isSealed)
        if (auto sealed = seal(); !sealed)
            return sealed;
    if (m_temporary.empty())
        if (auto named = giveName(); !named)
            return named;
    // close() reports what a network disk could not store.
    if (m_files->close(std::exchange(m_file, -1)) != 0 && errno != EINTR)
        return systemError(m_target, "the file could not be closed", errno);
    if (m_files->rename(m_temporary, m_target) != 0)
        return systemError(m_target, "the written file could not be moved into place", errno);
    m_temporary.clear();
    return syncFolder();
}

Status AtomicFile::syncFolder() const {
    const auto folder = folderOf(m_target);
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return {}; // a folder may be writable without being readable; the rename itself has
                   // succeeded
    const int result = m_files->sync(file);
    const int number = errno;
    ::close(file);
    // Some file systems know no fsync of folders.
    if (result != 0 && number != EINVAL && number != ENOTSUP)
        return systemError(
            folder, "the new file is in place, but its folder could not be flushed", number);
    return {};
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
