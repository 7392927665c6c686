// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/FileOperations.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <set>
#include <string>

namespace heirloom::test {

/// The system's files, but for one call that fails, writes that are cut short, or bits that turn.
/// Safe to use from many threads.
class FaultyFiles final : public FileOperations {
public:
    int failAt = -1;             ///< the number of the call that fails, from 0
    int reason = 0;              ///< errno of it
    bool keepsFailing = false;   ///< and every write and flush after it, as on a full disk
    bool hasUnnamedFiles = true; ///< false: as a file system without O_TMPFILE
    bool reserves = true;        ///< false: as a file system without fallocate
    std::size_t mostBytes = std::numeric_limits<std::size_t>::max(); ///< of one write
    int interruptEvery = 0;      ///< each so many writes are first interrupted by a signal
    std::int64_t turnBitAt = -1; ///< the byte of the file of which a bit is turned as it is written
    std::string failed;          ///< name of the call that failed

    int open(const std::filesystem::path& path, int flags, mode_t mode) override;
    ssize_t write(int file, const void* bytes, std::size_t size, off_t offset) override;
    int resize(int file, off_t size) override;
    int reserve(int file, off_t size) override;
    int sync(int file) override;
    int close(int file) override;
    int link(int file, const std::filesystem::path& name) override;
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;

    /// Calls so far; closing and removing what is given up are not counted.
    [[nodiscard]] int calls() const { return m_calls; }
    /// Opened and not closed.
    [[nodiscard]] int openFiles() const { return static_cast<int>(m_open.size()); }

private:
    /// Whether this call is to fail; sets errno.
    [[nodiscard]] bool fails(const char* name);

    std::mutex m_mutex;
    int m_calls = 0;
    int m_writes = 0;
    bool m_hasFailed = false;
    std::set<int> m_open;
};

} // namespace heirloom::test
