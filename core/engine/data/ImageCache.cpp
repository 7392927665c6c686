// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/ImageCache.h"

#include <chrono>

namespace heirloom {

Result<std::shared_ptr<const ImageSet>> ImageCache::images(const std::filesystem::path& path,
                                                           const Dataset& data,
                                                           Split split,
                                                           ImageSize wanted,
                                                           RunControl& control) {
    std::unique_lock lock(m_mutex, std::defer_lock);
    while (!lock.try_lock_for(std::chrono::milliseconds(50))) // another run may decode for a while
        if (control.isStopRequested())
            return std::shared_ptr<const ImageSet>();
    std::error_code error;
    const auto changed = std::filesystem::last_write_time(path, error).time_since_epoch().count();
    const auto canonical = std::filesystem::weakly_canonical(path, error);
    const std::string key = fmt::format("{}|{}|{}|{}x{}x{}",
                                        canonical.string(),
                                        changed,
                                        static_cast<int>(split),
                                        wanted.height,
                                        wanted.width,
                                        wanted.channels);
    if (auto known = m_sets[key].lock())
        return known;
    auto stored = data.images(split, wanted);
    if (!stored || !*stored)
        return stored;
    auto decoded = inMemory(std::move(*stored), control);
    if (decoded && *decoded)
        m_sets[key] = *decoded;
    return decoded;
}

} // namespace heirloom
