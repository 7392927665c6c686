// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/FaultyFiles.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include <fcntl.h>

namespace heirloom::test {

bool FaultyFiles::fails(const char* name) {
    const std::scoped_lock lock(m_mutex);
    const bool isFirst = m_calls++ == failAt;
    const std::string_view call = name;
    const bool isLater =
        m_hasFailed && keepsFailing &&
        (call == "write" || call == "sync" || call == "resize" || call == "reserve");
    if (!isFirst && !isLater)
        return false;
    if (isFirst)
        failed = name;
    m_hasFailed = true;
    errno = reason;
    return true;
}

int FaultyFiles::open(const std::filesystem::path& path, int flags, mode_t mode) {
    const bool isUnnamed = (flags & O_TMPFILE) == O_TMPFILE;
    if (isUnnamed && !hasUnnamedFiles) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (fails(isUnnamed ? "open without a name" : "open"))
        return -1;
    const int file = FileOperations::open(path, flags, mode);
    if (file >= 0) {
        const std::scoped_lock lock(m_mutex);
        m_open.insert(file);
    }
    return file;
}

ssize_t FaultyFiles::write(int file, const void* bytes, std::size_t size, off_t offset) {
    if (fails("write"))
        return -1;
    {
        const std::scoped_lock lock(m_mutex);
        if (interruptEvery > 0 && ++m_writes % interruptEvery == 0) {
            errno = EINTR;
            return -1;
        }
    }
    size = std::min(size, mostBytes);
    if (size == 0)
        return 0;
    const std::int64_t at = turnBitAt - offset;
    if (at < 0 || at >= static_cast<std::int64_t>(size))
        return FileOperations::write(file, bytes, size, offset);
    const auto* from = static_cast<const std::byte*>(bytes);
    std::vector<std::byte> turned(from, from + size);
    turned[static_cast<std::size_t>(at)] ^= std::byte{1};
    return FileOperations::write(file, turned.data(), size, offset);
}

int FaultyFiles::resize(int file, off_t size) {
    return fails("resize") ? -1 : FileOperations::resize(file, size);
}

int FaultyFiles::reserve(int file, off_t size) {
    if (!reserves) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return fails("reserve") ? -1 : FileOperations::reserve(file, size);
}

int FaultyFiles::sync(int file) { return fails("sync") ? -1 : FileOperations::sync(file); }

int FaultyFiles::close(int file) {
    // The descriptor is gone whatever close() says.
    const int result = FileOperations::close(file);
    {
        const std::scoped_lock lock(m_mutex);
        m_open.erase(file);
    }
    return fails("close") ? -1 : result;
}

int FaultyFiles::link(int file, const std::filesystem::path& name) {
    return fails("link") ? -1 : FileOperations::link(file, name);
}

int FaultyFiles::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return fails("rename") ? -1 : FileOperations::rename(from, to);
}

} // namespace heirloom::test
