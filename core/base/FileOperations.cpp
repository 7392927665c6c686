// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/FileOperations.h"

#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace heirloom {

int FileOperations::open(const std::filesystem::path& path, int flags, mode_t mode) {
    return ::open(path.c_str(), flags, mode);
}

ssize_t FileOperations::write(int file, const void* bytes, std::size_t size, off_t offset) {
    return ::pwrite(file, bytes, size, offset);
}

int FileOperations::resize(int file, off_t size) { return ::ftruncate(file, size); }

int FileOperations::reserve(int file, off_t size) { return ::fallocate(file, 0, 0, size); }

int FileOperations::sync(int file) { return ::fsync(file); }

int FileOperations::close(int file) { return ::close(file); }

int FileOperations::link(int file, const std::filesystem::path& name) {
    const std::string from = "/proc/self/fd/" + std::to_string(file);
    return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
}

int FileOperations::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return std::rename(from.c_str(), to.c_str());
}

int FileOperations::remove(const std::filesystem::path& path) { return ::unlink(path.c_str()); }

FileOperations& systemFiles() {
    static FileOperations files;
    return files;
}

} // namespace heirloom
