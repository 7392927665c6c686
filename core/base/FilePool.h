// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace heirloom {

/// Files of which only a few are held open at once: the parts of a checkpoint that may have
/// thousands. The others are opened again when they are read, and must still be the same files.
///
/// Safe to use from many threads. Its sources keep it alive.
class FilePool : public std::enable_shared_from_this<FilePool> {
public:
    explicit FilePool(std::size_t mostOpen = 16) : m_mostOpen(mostOpen) {}

    /// Opens the file as openFile() does and may close it again at once.
    [[nodiscard]] Result<std::shared_ptr<const ByteSource>> open(const std::filesystem::path& path);
    /// How many are open now.
    [[nodiscard]] std::size_t openFiles() const;

private:
    class Source;
    struct Held {
        const Source* source;
        std::shared_ptr<const ByteSource> file;
    };

    /// The open file behind a source: held already, or opened anew in the place of the one that
    /// has not been used for longest.
    Result<std::shared_ptr<const ByteSource>> use(const Source& source);
    void hold(const Source& source, std::shared_ptr<const ByteSource> file);
    void forget(const Source& source);

    std::size_t m_mostOpen;
    mutable std::mutex m_mutex;
    std::list<Held> m_held; ///< the last used first
};

} // namespace heirloom
