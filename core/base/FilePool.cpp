// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/FilePool.h"

#include <algorithm>
#include <utility>

namespace heirloom {

/// A file by its path and by what it was when it was opened first.
class FilePool::Source final : public ByteSource {
public:
    Source(std::shared_ptr<FilePool> pool, std::filesystem::path path, const ByteSource& file)
        : m_pool(std::move(pool)), m_path(std::move(path)), m_size(file.size()),
          m_identity(file.identity()) {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source() override { m_pool->forget(*this); }

    std::uint64_t size() const override { return m_size; }
    std::string name() const override { return m_path.string(); }
    std::string identity() const override { return m_identity; }

    Status readAt(std::uint64_t offset, std::span<std::byte> out) const override {
        const auto file = m_pool->use(*this);
        return file ? (*file)->readAt(offset, out) : std::unexpected(file.error());
    }
    Status unchanged() const override {
        const auto file = m_pool->use(*this);
        return file ? (*file)->unchanged() : std::unexpected(file.error());
    }

private:
    std::shared_ptr<FilePool> m_pool;
    std::filesystem::path m_path;
    std::uint64_t m_size;
    std::string m_identity;
};

Result<std::shared_ptr<const ByteSource>> FilePool::open(const std::filesystem::path& path) {
    auto file = openFile(path);
    if (!file)
        return file;
    auto source = std::make_shared<const Source>(shared_from_this(), path, **file);
    const std::lock_guard lock(m_mutex);
    hold(*source, std::move(*file));
    return source;
}

std::size_t FilePool::openFiles() const {
    const std::lock_guard lock(m_mutex);
    return m_held.size();
}

Result<std::shared_ptr<const ByteSource>> FilePool::use(const Source& source) {
    const std::lock_guard lock(m_mutex);
    const auto found = std::ranges::find(m_held, &source, &Held::source);
    if (found != m_held.end()) {
        m_held.splice(m_held.begin(), m_held, found);
        return found->file;
    }
    auto file = openFile(source.name());
    if (!file)
        return file;
    if ((*file)->identity() != source.identity())
        return std::unexpected(Error{source.name(),
                                     "the file was changed by another program while it was open",
                                     "Open it again"});
    hold(source, *file);
    return file;
}

void FilePool::hold(const Source& source, std::shared_ptr<const ByteSource> file) {
    m_held.push_front({&source, std::move(file)});
    if (m_held.size() > m_mostOpen)
        m_held.pop_back();
}

void FilePool::forget(const Source& source) {
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_held, [&](const Held& held) { return held.source == &source; });
}

} // namespace heirloom
