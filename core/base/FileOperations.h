// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>

#include <sys/types.h>

namespace heirloom {

/// The system calls that a file is written with. Each answers as the call of its name does: -1 and
/// errno for a failure. A test derives from it and lets any of them fail.
class FileOperations {
public:
    virtual ~FileOperations() = default;
    virtual int open(const std::filesystem::path& path, int flags, mode_t mode);
    virtual ssize_t write(int file, const void* bytes, std::size_t size, off_t offset);
    virtual int resize(int file, off_t size);
    /// Space on disk for the file's first `size` bytes, which makes it at least as long.
    virtual int reserve(int file, off_t size);
    virtual int sync(int file);
    virtual int close(int file);
    /// Gives an open file without a name one.
    virtual int link(int file, const std::filesystem::path& name);
    virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
    virtual int remove(const std::filesystem::path& path);
};

/// The system's own, for everyone.
[[nodiscard]] FileOperations& systemFiles();

} // namespace heirloom
