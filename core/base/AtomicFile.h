// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/FileOperations.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace heirloom {

/// Writes a whole new file or nothing: bytes go to a file beside the target, every count is
/// checked, then fsync, rename, fsync of the folder. The old file stays as it was until commit()
/// has succeeded; what was written is gone with an AtomicFile that is destroyed before that.
///
/// Where the file system can (O_TMPFILE), the new file has no name until commit(), so that nothing
/// is left of it when the program is killed; elsewhere it is a hidden temporary.
class AtomicFile {
public:
    /// \param files outlives the object
    [[nodiscard]] static Result<AtomicFile> create(const std::filesystem::path& target,
                                                   FileOperations& files = systemFiles());
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    [[nodiscard]] Status write(std::span<const std::byte> bytes);
    /// Gives the file its length, so that writeAt() reaches all of it; what is never written is
    /// zero. An Error when the disk has no room for it.
    [[nodiscard]] Status resize(std::uint64_t bytes);
    /// Overwrites bytes before the end; does not move it. From several threads at once where their
    /// bytes do not overlap.
    [[nodiscard]] Status writeAt(std::uint64_t offset, std::span<const std::byte> bytes) const;
    /// A hint that these bytes are final: the disk can begin with them.
    void startFlush(std::uint64_t offset, std::uint64_t bytes) const;
    [[nodiscard]] std::uint64_t size() const { return m_size; }
    [[nodiscard]] const std::filesystem::path& target() const { return m_target; }
    /// A path by which the new file can be opened and read while this object lives and is not
    /// committed, by children of this process, too.
    [[nodiscard]] std::filesystem::path readingPath() const;
    /// Everything on disk and checked, the old file still in place. Nothing may be written after.
    [[nodiscard]] Status seal();
    /// seal() unless that was done, then the new file in place of the old one.
    [[nodiscard]] Status commit();

private:
    explicit AtomicFile(FileOperations& files) : m_files(&files) {}

    [[nodiscard]] int openUnnamed() const;
    [[nodiscard]] int openNamed();
    [[nodiscard]] std::filesystem::path newName() const;
    /// Takes the space for it at once where the file system can: a full disk is known before any
    /// work is done, and what is there already is written to faster.
    [[nodiscard]] int lengthen(off_t size) const;
    [[nodiscard]] Status giveName();
    [[nodiscard]] Status syncFolder() const;

    FileOperations* m_files;
    std::filesystem::path m_target;
    std::filesystem::path m_temporary; ///< empty while the file has no name
    int m_file = -1;
    std::uint64_t m_size = 0;
    bool m_isSealed = false;
};

/// AtomicFile in one call.
[[nodiscard]] Status writeFile(const std::filesystem::path& target,
                               std::span<const std::byte> bytes);

} // namespace heirloom
